"""The table of doors: everything that takes text from outside, and what is tried at it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from fuzz import packing
from fuzz.checks import feed, indicators, rules, server, servers, settings
from fuzz.checks.patterns import check_pattern
from fuzz.checks.reading import reader
from fuzz.mutation import mutate_json, mutate_json_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

__all__ = ["DOORS", "HERE", "Door"]

HERE = Path(__file__).resolve().parent

_Mutate: TypeAlias = "Callable[[bytes, int, Random], bytes]"


class Door(NamedTuple):
    """A place where text from outside comes in.

    Attributes:
        name: what it is called on the command line; its seeds are in `seeds/NAME`, its regressions
            in `regressions/NAME`.
        check: raises where something does not hold.
        most: the most bytes of an input.
        share: of the time of a run, in parts; quick doors come to many inputs in a short time.
        mutate: changes an input by its structure, half of the time.
        words: the dictionary in `dictionaries`, where there is one.
    """

    name: str
    check: Callable[[bytes], None]
    most: int = 512
    share: int = 2
    mutate: _Mutate | None = None
    words: str = ""

    @property
    def seeds(self) -> list[Path]:
        """The committed inputs, those that once broke something last."""
        folders = (HERE / "seeds" / self.name, HERE / "regressions" / self.name)
        return [file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir())]

    @property
    def dictionary(self) -> Path | None:
        """The file of words worth putting in."""
        return HERE / "dictionaries" / f"{self.words}.dict" if self.words else None

    @property
    def words_tried(self) -> list[bytes]:
        """What the dictionary holds; libFuzzer writes a word as Python does."""
        lines = self.dictionary.read_text(encoding="ascii") if self.dictionary else ""
        return [ast.literal_eval(f"b{line}") for line in lines.splitlines()]


DOORS = {
    door.name: door
    for door in (
        # What a value is.
        Door("value", indicators.check_value, 140, 64, words="values"),
        Door("record", indicators.check_record, 400, 20, mutate_json, "records"),
        # Lists and reports.
        Door("any", reader(), share=3, words="text"),
        Door("list", reader("list"), share=3, words="text"),
        Door("table", reader("csv"), share=3, words="text"),
        Door("report", reader("report"), 1024, 3, words="text"),
        Door("json", reader("json"), 1024, 3, mutate_json, "records"),
        Door("jsonl", reader("jsonl"), 1024, 2, mutate_json_lines, "records"),
        # Standards.
        Door("stix", reader("json"), 1500, 3, mutate_json, "stix"),
        Door("stix-pattern", check_pattern, 300, 2, words="stix"),
        Door("misp", reader("json"), 1500, 3, mutate_json, "misp"),
        Door("misp-all", reader("json", "all"), 1500, 1, mutate_json, "misp"),
        Door("misp-csv", reader(), 800, 1, words="misp"),
        Door("sigma", reader("sigma"), 1024, 2, words="sigma"),
        Door("openioc", reader("openioc"), 1500, 1, words="markup"),
        # Documents and archives.
        Door("html", reader("html"), 1024, 3, words="markup"),
        Door("docx", reader(pack=packing.docx), 1024, 1, words="markup"),
        Door("xlsx", reader(pack=packing.xlsx), 1500, 1, words="markup"),
        Door("pdf", reader(pack=packing.pdf), 512, 2, words="pdf"),
        Door("pdf-file", reader(), 2048, 1, words="pdf"),
        Door("archive", reader(), 2048, 2, packing.mutate_archive),
        Door("mail", reader(), 1500, 2, words="mail"),
        # The feed, and servers as sources.
        Door("feed", feed.check_answers, 1500, 3, words="feed"),
        Door("base-url", feed.check_base_url, 120, 2, words="values"),
        Door("servers", servers.check_pages, 1500, 3, words="feed"),
        Door("server-address", servers.check_address, 160, 6, words="values"),
        # Rules.
        Door("rules", rules.check_rules, 600, 3, mutate_json, "records"),
        # Files of the user's own, and of earlier runs.
        Door("profile", settings.check_profile, 800, 2, words="sigma"),
        Door("config", settings.check_config, 400, 1, words="config"),
        Door("allowlist", settings.check_allowlist, 200, 3, words="values"),
        Door("state", settings.check_state, 400, 2, mutate_json, "records"),
        Door("manifest", settings.check_manifest, 500, 2, mutate_json),
        Door("journal", settings.check_journal, 500, 2, mutate_json),
        # The server.
        Door("parameters", server.check_parameters, 200, 12, words="requests"),
        Door("request", server.check_request, 400, 3, words="requests"),
    )
}
"""Every door by its name."""
