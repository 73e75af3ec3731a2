"""Lists of indicators, and what the events of an index show of them; the same at each run."""

from __future__ import annotations

import ipaddress
import itertools
import random
import string

__all__ = ["FIELDS", "hard_names", "listed", "shown"]

FIELDS = {
    "ipv4": ("destination.ip",),
    "domain": ("dns.question.name",),
    "url": ("url.full", "url.original"),
    "sha256": ("process.hash.sha256",),
    "cve": ("vulnerability.id", "rule.name"),
    "email": ("email.from.address",),
}
"""The fields that each type is looked for in."""

_ENDINGS = ("com", "net", "org", "top", "xyz", "info", "co.uk", "online", "ru", "shop", "de")
_LETTERS = string.ascii_lowercase
_CHARACTERS = _LETTERS + string.digits
_IDN = ("bücher", "пример", "例え", "ελλάδα", "straße", "ñandú", "\ufb01", "\u0131stanbul")


def _word(made: random.Random, least: int, most: int, characters: str = _LETTERS) -> str:
    return "".join(made.choices(characters, k=made.randint(least, most)))


def _domain(made: random.Random) -> str:
    labels = [_word(made, 3, 8)] if made.randrange(5) in {0, 1} else []
    labels.append(_word(made, 5, 10) + made.choice(("", f"-{_word(made, 3, 7)}")))
    return ".".join([*labels, made.choice(_ENDINGS)])


_MADE = {
    "ipv4": lambda made: str(ipaddress.IPv4Address(made.randrange(0x0B000000, 0xC8000000))),
    "domain": _domain,
    "url": lambda made: f"https://{_domain(made)}/{_word(made, 4, 20)}?id={made.randrange(999)}",
    "sha256": lambda made: "".join(made.choices("0123456789abcdef", k=64)),
    "cve": lambda made: f"CVE-{made.randint(2010, 2024)}-{made.randint(1000, 60_000)}",
    "email": lambda made: f"{_word(made, 4, 12)}@{_domain(made)}",
}


def listed(kind: str, count: int) -> list[str]:
    """Return a list of indicators of a type, each once."""
    made = random.Random(f"{kind} 1")
    found: dict[str, None] = {}
    while len(found) < count:
        found[_MADE[kind](made)] = None
    return list(found)


def shown(kind: str, values: list[str]) -> dict[str, list[str]]:
    """Return values of fields that show a third of a list, in the spellings that logs have."""
    made = random.Random(f"{kind} 2")
    third = values[::3]
    if kind == "domain":
        spelled = [
            made.choice((name, f"www.{name}", f"{name}.", f"a.b.{name.upper()}", name.title()))
            for name in third
        ]
    elif kind == "email":
        spelled = [made.choice((sender, sender.title(), sender.upper())) for sender in third]
    elif kind == "cve":
        names = [made.choice((f"Exploit:Java/{one}.A", f"gen.{one.lower()}")) for one in third]
        return {"vulnerability.id": third[::2], "rule.name": names[1::2]}
    else:
        spelled = third
    return dict.fromkeys(FIELDS[kind], spelled)


def hard_names(count: int) -> list[str]:
    """Return DNS names that are hard on engines: long, of one letter, with any script's letters."""
    made = random.Random("hard")
    kinds = itertools.cycle((_domain, _long, _repeated, _international, _dashed))
    return list(dict.fromkeys(next(kinds)(made) for _ in range(count)))


def _long(made: random.Random) -> str:
    labels = [_word(made, 40, 61, _CHARACTERS) for _ in range(made.randint(1, 3))]
    return ".".join([*labels, _word(made, 20, 50, _CHARACTERS), "com"])[-250:].strip(".")


def _repeated(made: random.Random) -> str:
    return ".".join(["w"] * made.randint(2, 100) + [_word(made, 3, 9), "com"])


def _international(made: random.Random) -> str:
    return f"{made.choice(_IDN)}-{_word(made, 2, 6)}.com"


def _dashed(made: random.Random) -> str:
    return f"{_word(made, 1, 3)}--{_word(made, 1, 3)}.{_word(made, 4, 9)}.xn--p1ai"
