"""YAML for formats that are kept as files: plain data as a document that diffs line by line.

pySigma's PyYAML is left out, as in all of this folder: it writes no text as a block of its own
accord, and leaves digests unquoted that YAML 1.2 takes for numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TypeAlias

    Value: TypeAlias = "str | int | Sequence[Value] | Mapping[str, Value]"

__all__ = ["yaml_document"]

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n"}
# contentctl takes a file that holds this for a template that nobody has filled in.
_UNFINISHED, _ESCAPED = "__UPDATE__", r"_\x5fUPDATE__"


def yaml_document(fields: Mapping[str, Value]) -> str:
    """Return a mapping as a document of YAML, without a line break at its end.

    Every text is quoted, but for one of several lines, which is a block.

    Args:
        fields: texts, numbers, truth values, lists and mappings; keys are plain words.
    """
    return "\n".join(_mapping(fields, ""))


def _mapping(fields: Mapping[str, Value], indent: str) -> Iterator[str]:
    for key, value in fields.items():
        yield from _entry(f"{indent}{key}:", value, indent)


def _entry(head: str, value: Value, indent: str) -> Iterator[str]:
    if isinstance(value, str):
        if _is_block(value):
            yield f"{head} |-"
            yield from (f"{indent}  {line}" if line else "" for line in value.split("\n"))
        else:
            yield f"{head} {_quoted(value)}"
    elif isinstance(value, int):
        yield f"{head} {str(value).lower()}"
    elif not value:
        yield f"{head} {'{}' if isinstance(value, Mapping) else '[]'}"
    elif isinstance(value, Mapping):
        yield head
        yield from _mapping(value, f"{indent}  ")
    else:
        yield head
        for item in value:
            yield from _item(item, f"{indent}  ")


def _item(value: Value, indent: str) -> Iterator[str]:
    """Yield an item of a list: a text, or a mapping that begins on the line of its hyphen."""
    if isinstance(value, Mapping) and value:
        first, *rest = _mapping(value, f"{indent}  ")
        yield f"{indent}- {first.lstrip()}"
        yield from rest
    else:
        yield from _entry(f"{indent}-", value, indent)


def _is_block(text: str) -> bool:
    """Say whether a text can stand as a block, whose first line gives the indentation."""
    return "\n" in text and text[0] not in "\n " and text[-1] != "\n" and _is_plain(text)


def _quoted(text: str) -> str:
    if "\n" not in text and _is_plain(text):
        return "'" + text.replace("'", "''") + "'"
    escaped = "".join(
        _ESCAPES.get(c) or (c if c.isprintable() else f"\\U{ord(c):08X}") for c in text
    )
    return f'"{escaped.replace(_UNFINISHED, _ESCAPED)}"'


def _is_plain(text: str) -> bool:
    return text.replace("\n", "").isprintable() and _UNFINISHED not in text
