"""Domain names and the ports behind hosts."""

from __future__ import annotations

import re

__all__ = [
    "NAME",
    "NAME_LENGTH",
    "NUMERIC_END",
    "PORT",
    "ascii_name",
    "domain_name",
    "without_port",
]

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,62})"
NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
NUMERIC_END = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$")
PORT = re.compile(r":[0-9]{1,5}$")
NAME_LENGTH = 253
_LAST_PORT = 65535


def without_port(text: str) -> str:
    """Return a host without the port behind it.

    Raises:
        ValueError: the port is beyond the last one.
    """
    port = PORT.search(text)
    if port is None:
        return text
    if int(port[0][1:]) > _LAST_PORT:
        raise ValueError(f"names port {port[0][1:]}, and ports end at {_LAST_PORT}")
    return text[: port.start()]


def ascii_name(text: str) -> str:
    """Return a name's A-labels in lower case; names already ASCII skip the IDNA tables."""
    name = text.lower()
    if name.isascii():
        return name
    if len(text) > NAME_LENGTH:
        raise ValueError(f"is longer than a name can be ({NAME_LENGTH} characters)")
    import idna  # noqa: PLC0415 - its tables are only needed for the few names beyond ASCII

    try:
        return idna.encode(text, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError(f"is no internationalised domain name: {error}") from None


def domain_name(text: str) -> str:
    """Return the canonical form of a domain: A-labels, lower case, no port, wildcard or dot.

    Raises:
        ValueError: it is no domain name.
    """
    name = ascii_name(without_port(text)).rstrip(".")
    name = name.removeprefix("*.").lstrip(".")
    if NAME.fullmatch(name) is None:
        raise ValueError("is not a domain name")
    if len(name) > NAME_LENGTH:
        raise ValueError(f"is longer than a domain name can be ({NAME_LENGTH} characters)")
    if NUMERIC_END.search(name):
        raise ValueError("ends in a number, which no domain name does; is it an address?")
    return name
