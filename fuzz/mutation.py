"""Changes to inputs: of bytes, and of JSON by its values, so that what comes out is JSON still."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

__all__ = ["mutate_bytes", "mutate_json", "mutate_json_lines"]

_SCALARS: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 50, 101, 2**31, 2**63, -(2**70), 0.5, 1e308, float("nan")),
    *("", " ", "0", "null", "a.example", "192.0.2.7", "2001:db8::1", "hxxp://a[.]example/x"),
    *("a" * 32, "b" * 40, "c" * 64, "CVE-2021-44228", "T1059.001", "x@a.example"),
    *("2026-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
    *(
        "[domain-name:value = 'a.example']",
        "\ud800",
        "\x00",
        "\x1b[2J",
        "\u2028",
        "7\x1c",
        "\u200b",
        "%",
        "{}",
        "[]",
    ),
    *("domain", "ip-dst", "domain|ip", "indicator", "observed-data", "amber+strict", "{list}"),
)
_ODD_BYTES = (b"\x00", b"\xff", b"\x80", b"\r", b"\n", b"\n\n", b'"', b"'", b"\\", b"\xef\xbb\xbf")


def mutate_bytes(data: bytes, most: int, chance: Random, tokens: Sequence[bytes] = ()) -> bytes:
    """Return an input with some of its bytes changed, left out, repeated or put in.

    Args:
        data: the input.
        most: the most bytes that come out.
        chance: where randomness comes from.
        tokens: words worth putting in.
    """
    words = (*tokens, *_ODD_BYTES)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randint(0, len(data))
        end = min(len(data), at + chance.choice((1, 1, 2, 8, 64)))
        kind = chance.randrange(5)
        if kind == 0:
            data = data[:at] + chance.choice(words) + data[at:]
        elif kind == 1:
            data = data[:at] + data[end:]
        elif kind == 2:  # noqa: PLR2004 - one of five
            data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        elif kind == 3:  # noqa: PLR2004
            data = data[:at] + data[at:end] * chance.choice((2, 3, 20)) + data[end:]
        else:
            data = data[:at] + chance.choice(words) + data[end:]
    return data[:most]


def mutate_json(data: bytes, most: int, chance: Random) -> bytes:
    """Return a JSON document with some of its values changed; as it was where it is none.

    Args:
        data: the document.
        most: the most bytes that come out; what is longer stays as it was.
        chance: where randomness comes from.
    """
    try:
        document = json.loads(data)
        for _ in range(chance.choice((1, 1, 2, 3))):
            document = _changed(document, chance)
        made = json.dumps(document, ensure_ascii=chance.random() < 0.5).encode(  # noqa: PLR2004
            "utf-8", "surrogatepass"
        )
    except (ValueError, RecursionError):
        return data
    return made if len(made) <= most else data


def mutate_json_lines(data: bytes, most: int, chance: Random) -> bytes:
    """Return lines of JSON with one of them changed, repeated or left out; as `mutate_json`."""
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    kind = chance.randrange(6)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(at, chance.choice(lines))
    else:
        lines[at] = mutate_json(lines[at], most, chance)
    made = b"\n".join(lines)
    return made if len(made) <= most else data


def _changed(document: Any, chance: Random) -> Any:
    """Return a document in which one value was changed; the document itself may be."""
    places = list(_places(document))
    if not places or chance.randrange(50) == 0:
        return chance.choice((*_SCALARS, [document], {"x": document}))
    holder, key = chance.choice(places)
    value = holder[key]
    kind = chance.randrange(8)
    if kind == 0:
        del holder[key]
    elif kind == 1:
        other, name = chance.choice(places)
        holder[key] = json.loads(json.dumps(other[name]))
    elif kind == 2 and isinstance(holder, dict):  # noqa: PLR2004 - one of eight
        _, name = chance.choice(places)
        holder[str(name)] = holder.pop(key)
    elif kind == 3:  # noqa: PLR2004
        holder[key] = chance.choice(([value], [value, value], {"value": value}, {}, []))
    elif kind == 4 and isinstance(holder, list):  # noqa: PLR2004
        holder.insert(key, json.loads(json.dumps(value)))
    elif isinstance(value, str) and kind < 7:  # noqa: PLR2004
        text = mutate_bytes(value.encode("utf-8", "surrogatepass"), len(value) + 64, chance)
        holder[key] = text.decode("utf-8", "replace")
    else:
        holder[key] = chance.choice(_SCALARS)
    return document


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Return each place in a document that holds a value: what holds it, and its key or index."""
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    for holder in waiting:
        if isinstance(holder, dict):
            keys: Any = list(holder)
        elif isinstance(holder, list):
            keys = range(len(holder))
        else:
            continue
        found.extend((holder, key) for key in keys)
        waiting.extend(holder[key] for key in keys)
    return found
