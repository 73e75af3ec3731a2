"""What a caller may say about how sources are read."""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = ["InputFormat", "ToIds"]

ToIds: TypeAlias = Literal["auto", "only", "all"]
"""Which attributes of a MISP event are taken.

`only` those marked for detection, `all` that detection can use, or `auto`: the marked ones where
the event marks any. The indicators of a STIX bundle are marked; its observations are not.
"""

InputFormat: TypeAlias = Literal[
    "auto", "list", "report", "html", "csv", "json", "jsonl", "openioc", "sigma"
]
"""What form a source has.

`auto` detects it from the content; `list` is plain text, `report` Markdown or AsciiDoc, `html` a
page or a part of one, `csv` any delimited table, `json` a JSON text (the feed's records, STIX 2,
MISP, lists of objects), `jsonl` a JSON value on each line, `openioc` OpenIOC,
`sigma` Sigma rules.
"""
