"""Lookup tables, defined as in an app's `transforms.conf`.

After Splunk's "transforms.conf" reference: `case_sensitive_match` (true by default) and
`match_type`, by which a column's values are wildcard patterns or networks; the first row that
matches is taken. Wildcards: `*` stands for any text, and nothing escapes it.
"""

from __future__ import annotations

import configparser
import csv
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from engines.addresses import within
from engines.wildcards import wildcard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass
class LookupTable:
    """Rows, and how a column of them compares with a field.

    Args:
        rows: The rows, by column.
        match_type: `WILDCARD`, `CIDR`, or empty for equal values.
        case_sensitive: Whether case counts.
    """

    rows: Sequence[Mapping[str, str]]
    match_type: str = ""
    case_sensitive: bool = True

    def find(self, column: str, value: str) -> Mapping[str, str]:
        """The first row whose column matches the value; empty where none does."""
        if not self.match_type:
            return self._equal(column).get(self._folded(value), {})
        return next((row for row in self.rows if self._matches(row[column], value)), {})

    def _matches(self, pattern: str, value: str) -> bool:
        if self.match_type == "CIDR":
            return within(value, pattern) is True
        found = wildcard(pattern, single="\0", ignore_case=not self.case_sensitive)
        return found.fullmatch(value) is not None

    def _folded(self, value: str) -> str:
        return value if self.case_sensitive else value.lower()

    def _equal(self, column: str) -> dict[str, Mapping[str, str]]:
        if column not in self._by_column:
            rows: dict[str, Mapping[str, str]] = {}
            for row in self.rows:
                rows.setdefault(self._folded(row[column]), row)
            self._by_column[column] = rows
        return self._by_column[column]

    @cached_property
    def _by_column(self) -> dict[str, dict[str, Mapping[str, str]]]:
        return {}


def app_tables(app: Path) -> dict[str, LookupTable]:
    """The lookup tables that an app folder defines."""
    conf = configparser.ConfigParser(interpolation=None)
    conf.read(app / "default" / "transforms.conf", encoding="utf-8")
    tables = {}
    for name in conf.sections():
        with (app / "lookups" / conf[name]["filename"]).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        match_type = conf[name].get("match_type", "").partition("(")[0]
        tables[name] = LookupTable(
            rows, match_type, conf[name].getboolean("case_sensitive_match", fallback=True)
        )
    return tables
