"""What the headings above a line, and the label before a value, say of what stands there.

`File names:` makes `update.zip` no name of a host, and `Imphash:` makes 32 hexadecimal digits no
MD5. In a report, where names and links that are not defanged are mostly talked about, a heading
such as `C&C servers` makes a list below it one of indicators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.audit.skipped import Reason, Refusal
from sigma_socdefenders.indicators.ioc_types import HASHES, IndicatorType
from sigma_socdefenders.indicators.normalize import refang
from sigma_socdefenders.sources.cells.values import of_type
from sigma_socdefenders.sources.cells.vocabulary import (
    ANY,
    NO_ADDRESS,
    NO_HASH,
    REFERENCE,
    TITLE,
    UNSUPPORTED,
    phrase_hint,
    term_hint,
    vocabulary,
    word,
)

if TYPE_CHECKING:
    from sigma_socdefenders.sources.cells.values import Value

__all__ = ["HARMLESS", "Section", "ends_as_file", "is_fanged_name", "label_objects"]

_NAMES = (IndicatorType.DOMAIN.value, IndicatorType.URL.value, IndicatorType.EMAIL.value)
_HASH_NAMES = frozenset(kind.value for kind in HASHES)
_CLASSES = (IndicatorType.CVE.value, IndicatorType.MITRE_ATTACK.value)
_OBJECTING = (REFERENCE, UNSUPPORTED, NO_HASH, NO_ADDRESS)
_LONGEST_HEADING = 120
_DECORATION = ("==", "--", "**", "~~", "__", "##")
# What programs and documents are called by, and some top-level domains as well.
_FILE_ENDINGS = frozenset(
    ["app", "cab", "java", "md", "mov", "pl", "pm", "ps", "py", "rs", "sh", "so", "zip"]
)


HARMLESS = Refusal(Reason.REFERENCE, "what stands beside it calls it harmless")
_TALKED_ABOUT = Refusal(Reason.REFERENCE, "a link or name that the text refers to")


def is_fanged_name(value: Value) -> bool:
    """Return whether a value is a name, link or sender that is not defanged."""
    return value.type in _NAMES and refang(value.value) == value.value


def label_objects(hint: str | None, value: Value) -> bool:
    """Return whether a value cannot be what the words before or above it say that it is.

    Args:
        hint: what the words say: `UNSUPPORTED`, `NO_HASH` or `NO_ADDRESS`, or anything else.
        value: what it looks like.
    """
    if hint == NO_HASH:
        return value.type in _HASH_NAMES
    if hint == NO_ADDRESS:
        return value.type == IndicatorType.IPV4.value
    return (
        hint == UNSUPPORTED
        and value.type in (IndicatorType.DOMAIN.value, IndicatorType.EMAIL.value)
        and is_fanged_name(value)
    )


class Section:
    """The headings above a line, the deepest of which that says anything counts.

    Attributes:
        hint: what it says, as `phrase_hint` has it.
        objects: whether there may be objections to the lines of a list below it.
    """

    def __init__(self) -> None:
        self._hints: dict[int, str] = {}
        self.hint: str | None = None
        self.objects = False
        # Of a list's references: whether its last line is set off, and a blank line followed.
        self._set_off: bool | None = None
        self._paused = False

    def enter(self, title: str, level: int = 1) -> None:
        """Take a heading of that level in."""
        self._hints = {each: hint for each, hint in self._hints.items() if each < level}
        hint = phrase_hint(title) if len(title) <= _LONGEST_HEADING else None
        if hint is not None:
            self._hints[level] = hint
        self.hint = self._hints[max(self._hints)] if self._hints else None
        self.objects = self.hint in _OBJECTING
        self._set_off, self._paused = None, False

    def begins(self, line: str) -> bool:
        """Return whether a line of a list, without values, is a heading, and remember it."""
        title = word(line)
        known = term_hint(title) is not None or title in vocabulary().roles
        if len(line) > _LONGEST_HEADING or not (
            known or line.endswith(":") or line.startswith(_DECORATION)
        ):
            return False
        self.enter(line)
        return True

    def comment(self, line: str) -> None:
        """Take a comment for a heading where it is nothing but a word for a type."""
        if len(line) <= _LONGEST_HEADING and word(line) in vocabulary().hints:
            self.enter(line)

    def pause(self) -> None:
        """Take a blank line of a list in: it ends references, but for those that are set off."""
        self._paused = self.hint == REFERENCE and self._set_off is not None

    def go_on(self, *, set_off: bool) -> None:
        """Take a further line of a list in, before it is asked for objections to its values.

        Args:
            set_off: whether the line is indented, or an item with a mark.
        """
        if self.hint != REFERENCE:
            return
        if self._paused and not (set_off and self._set_off):
            self._hints.clear()
            self.hint, self.objects = None, False
        self._set_off, self._paused = set_off, False

    def objection(self, value: Value) -> Refusal | None:
        """Return why a value of a list is none under its heading, or None where it is one."""
        if label_objects(self.hint, value):
            return Refusal(Reason.UNSUPPORTED, "stands under a heading of something else")
        return _TALKED_ABOUT if self.hint == REFERENCE and is_fanged_name(value) else None

    def objection_in_report(self, value: Value, *, quoted: bool) -> Refusal | None:
        """Return why a value that a report lists is none, or None where it is one.

        Args:
            value: alone on its line, or before a description.
            quoted: whether it stands in a listing or is set as code.
        """
        objection = self.objection(value)
        if objection is not None or not is_fanged_name(value):
            return objection
        hint = ANY if self.hint == TITLE and quoted else self.hint
        if hint in (None, TITLE) or self.objects:
            return _TALKED_ABOUT
        assert hint is not None
        if of_type(hint, value.value) is None or (hint == ANY and ends_as_file(value)):
            return _TALKED_ABOUT
        return None

    @property
    def is_of_indicators(self) -> bool:
        """Whether the headings say that indicators stand below them."""
        return self.hint is not None and not self.objects

    def objection_in_row(self, value: Value, *, label: str | None, quoted: bool) -> Refusal | None:
        """Return why a value in a row of a table is none, or None where it is one.

        Args:
            value: in a cell of its own or with others.
            label: what the cell to the left or the header calls it, as `phrase_hint` has it.
            quoted: whether the cell is set as code, or lists several values.
        """
        if value.type in _CLASSES and label not in (ANY, value.type):
            return Refusal(Reason.REFERENCE, "a vulnerability or technique that the text refers to")
        if label_objects(label, value):
            return Refusal(Reason.UNSUPPORTED, "its label says what else it is")
        if label == REFERENCE and is_fanged_name(value):
            return _TALKED_ABOUT
        names = label not in (None, TITLE, *_OBJECTING) and self.is_of_indicators
        if names and label is not None and is_fanged_name(value):
            fits = of_type(label, value.value) is not None and not ends_as_file(value)
            return None if fits else _TALKED_ABOUT
        return self.objection_in_report(value, quoted=quoted)


def ends_as_file(value: Value) -> bool:
    """Return whether a value is a name with an ending of programs and documents."""
    return (
        value.type == IndicatorType.DOMAIN.value
        and value.value.lower().rpartition(".")[2] in _FILE_ENDINGS
    )
