"""The credentials of a server: from its caller, a netrc file, or the environment."""

from __future__ import annotations

import base64
import netrc
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.errors import InvalidKeyError, MissingKeyError
from sigma_socdefenders.http.credentials import Credentials, is_sendable, read_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sigma_socdefenders.sources.servers.address import Address

__all__ = ["BearerToken", "Found", "Login", "MispKey", "find"]

TOKEN, USER, PASSWORD, MISP_KEY = (
    f"SOCDEFENDERS_{name}" for name in ("TAXII_TOKEN", "TAXII_USER", "TAXII_PASSWORD", "MISP_KEY")
)
_IN_FILE = "_FILE"


class BearerToken(Credentials):
    """A TAXII server's token, sent as `Authorization: Bearer`.

    Args:
        token: the token; blanks and line breaks around it are dropped.

    Raises:
        InvalidKeyError: it is empty, or holds what no header can.
    """

    __slots__ = ()

    def __init__(self, token: str) -> None:
        token = token.strip()
        if not token or not is_sendable(token):
            del token
            raise InvalidKeyError("the TAXII token is empty, or holds blanks or other characters")
        super().__init__(f"Bearer {token}", (token,))


class Login(Credentials):
    """A TAXII server's user and password, sent as `Authorization: Basic` (RFC 7617, UTF-8).

    Args:
        user: the user's name, without a colon.
        password: the password; line breaks around it are dropped.

    Raises:
        InvalidKeyError: the name cannot be one, or there is no password.
    """

    __slots__ = ()

    def __init__(self, user: str, password: str) -> None:
        password = password.strip("\r\n")
        if not user or ":" in user or not user.isprintable() or not password:
            del password
            raise InvalidKeyError("the TAXII user has a colon in its name, or no password")
        encoded = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        super().__init__(f"Basic {encoded}", (encoded, password))


class MispKey(Credentials):
    """A MISP automation key, sent as `Authorization` without a scheme.

    Args:
        key: the key; blanks and line breaks around it are dropped.

    Raises:
        MissingKeyError: it is empty.
        InvalidKeyError: it holds what no key can.
    """

    __slots__ = ()

    def __init__(self, key: str) -> None:
        key = key.strip()
        if not key:
            raise MissingKeyError(
                f"no MISP key: set {MISP_KEY} or {MISP_KEY}{_IN_FILE}, or name the server in a "
                "netrc file"
            )
        if not is_sendable(key):
            del key
            raise InvalidKeyError("the MISP key holds blanks or other characters that no key has")
        super().__init__(key)


class Found(NamedTuple):
    """Credentials, and the variable that they are from; None where they are of one host alone."""

    credentials: Credentials
    variable: str | None = None


def find(address: Address, environment: Mapping[str, str] = os.environ) -> Found:
    """Return a server's credentials: those of its host in a netrc file, else the environment's.

    The file is the one that `NETRC` names, else `~/.netrc`; its `default` entry is passed over. A
    MISP key stands there as the password, beside any login. A TAXII server without any is asked
    without.

    Args:
        address: the server's.
        environment: where the variables are looked up: `SOCDEFENDERS_TAXII_TOKEN`, or
            `SOCDEFENDERS_TAXII_USER` and `SOCDEFENDERS_TAXII_PASSWORD`, and
            `SOCDEFENDERS_MISP_KEY`; with `_FILE` behind it, each but the user names a file.

    Raises:
        MissingKeyError: there is no key for a MISP server, or no password for a TAXII user.
        InvalidKeyError: what was found cannot be sent, or a file cannot be read.
    """
    login = _in_netrc(address.url.host, environment)
    if address.kind == "misp":
        if login is not None:
            return Found(MispKey(login[1]))
        return Found(MispKey(_secret(MISP_KEY, "the MISP key", environment)), MISP_KEY)
    if login is not None:
        return Found(Login(*login))
    if token := _secret(TOKEN, "the TAXII token", environment):
        return Found(BearerToken(token), TOKEN)
    user = environment.get(USER, "").strip()
    if not user:
        return Found(Credentials())
    password = _secret(PASSWORD, "the TAXII password", environment)
    if not password:
        raise MissingKeyError(f"{USER} is set without {PASSWORD} or {PASSWORD}{_IN_FILE}")
    return Found(Login(user, password), USER)


def _secret(name: str, what: str, environment: Mapping[str, str]) -> str:
    if text := environment.get(name, "").strip("\r\n"):
        return text
    file = environment.get(name + _IN_FILE)
    return read_secret(Path(file), what) if file else ""


def _in_netrc(host: str, environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Return user and password of a host in a netrc file, or None where it is not in it."""
    named = environment.get("NETRC")
    path = Path(named or "~/.netrc").expanduser()
    if not named and not path.is_file():
        return None
    try:
        found = netrc.netrc(str(path)).hosts.get(host)
    except netrc.NetrcParseError as error:
        # Its text may quote what stands there.
        problem = f"the netrc file {path} is malformed, line {error.lineno}"
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not text"
        problem = f"the netrc file {path} cannot be read: {reason}"
    else:
        return None if found is None or not found[2] else (found[0] or "", found[2])
    raise InvalidKeyError(problem)
