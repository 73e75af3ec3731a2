"""The address of a server as a source: `taxii+https://host/path/?query`, `misp+https://host/`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, cast

import httpx

from sigma_socdefenders.errors import ParameterError, shorten
from sigma_socdefenders.http.origin import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PARAMETERS", "Address", "Kind", "parse_address"]

Kind: TypeAlias = Literal["taxii", "misp"]

PARAMETERS: Mapping[Kind, frozenset[str]] = {
    # TAXII 2.1, 3.4 and 5.4; `next` is the reader's.
    "taxii": frozenset(
        {"added_after", "limit", "match[id]", "match[type]", "match[version]",
         "match[spec_version]"}
    ),
    # What MISP's OpenAPI documentation gives for POST /attributes/restSearch, but for what says
    # how the answer looks, and `page`, which is the reader's.
    "misp": frozenset(
        {"attackGalaxy", "attribute_timestamp", "category", "decayingModel", "enforceWarninglist",
         "event_timestamp", "eventid", "excludeDecayed", "first_seen", "from", "includeDecayScore",
         "last", "last_seen", "limit", "object_relation", "org", "publish_timestamp", "published",
         "score", "tags", "threat_level_id", "timestamp", "to", "to_ids", "type", "uuid", "value"}
    ),
}  # fmt: skip
"""What the query of an address may say of what to ask for."""

_FORM = re.compile(r"(taxii|misp)\+(.*)", re.IGNORECASE | re.DOTALL | re.ASCII)


class Address(NamedTuple):
    """Where a server is, and what to ask it for.

    Attributes:
        kind: what it speaks.
        url: without query, credentials and fragment.
        parameters: those of the query, in order; one may come several times.
    """

    kind: Kind
    url: httpx.URL
    parameters: tuple[tuple[str, str], ...]

    @property
    def origin(self) -> httpx.URL:
        """The server's own address, without a path."""
        return self.url.copy_with(path="/")


def parse_address(text: str) -> Address:
    """Return the address that a text is. No message of its errors shows credentials in it.

    Raises:
        ParameterError: it is none, holds credentials, would send them in the clear, or has a
            parameter that is not known.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ParameterError("a server's address begins with taxii+https:// or misp+https://")
    kind = cast("Kind", found[1].lower())
    form = f"{kind}+https://host/path"
    try:
        url = httpx.URL(found[2])
        # An encoded label that stands for nothing is told of only here.
        _ = url.host
    except (httpx.InvalidURL, UnicodeError):
        raise ParameterError(f"a server's address is not of the form {form}") from None
    if url.userinfo:
        raise ParameterError(
            f"the address of {url.host} holds credentials: set them in the environment or in a"
            " netrc file, where no list of processes and no message shows them"
        )
    if url.scheme not in {"http", "https"} or not url.host or url.fragment:
        raise ParameterError(f"a server's address is not of the form {form}")
    if url.scheme == "http" and not is_loopback(url):
        raise ParameterError(
            f"{kind}+http://{url.host} would send credentials in the clear: use https"
        )
    parameters = tuple(url.params.multi_items())
    for name, _ in parameters:
        if name not in PARAMETERS[kind]:
            known = ", ".join(sorted(PARAMETERS[kind]))
            raise ParameterError(
                f"'{shorten(name)}' in the address of {url.host} is no parameter that is passed"
                f" on: {known}"
            )
    limits = [text for name, text in parameters if name == "limit"]
    if len(limits) > 1 or not all(re.fullmatch(r"0*[1-9][0-9]{0,8}", text) for text in limits):
        raise ParameterError(f"limit in the address of {url.host} is no number of 1 or more")
    return Address(kind, url.copy_with(query=None), parameters)
