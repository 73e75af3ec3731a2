"""Detects the format of a text from its content, never from its name."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.errors import UnrecognisedSourceError
from sigma_socdefenders.sources.opening.mails import is_mail
from sigma_socdefenders.sources.prose.reports import is_document
from sigma_socdefenders.sources.tables.layout import Table, recognise_table

if TYPE_CHECKING:
    from sigma_socdefenders.sources.opening.decode import TextSource

__all__ = ["Form", "Recognised", "recognise"]


class Form(Enum):
    """The forms of text that are read."""

    JSON = "JSON"
    JSON_LINES = "JSON Lines"
    SIGMA = "Sigma YAML"
    TABLE = "a table"
    DOCUMENT = "AsciiDoc or Markdown"
    HTML = "HTML"
    OPENIOC = "OpenIOC"
    MAIL = "a saved mail"
    TEXT = "plain text"


class Recognised(NamedTuple):
    """A form and, for a table, its layout."""

    form: Form
    table: Table | None = None


# An array holds objects, texts or arrays; `[fe80::1]:135` and `[section]` begin otherwise.
_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*(?:[{\[\"\]]|null\b|true\b|false\b|-?[0-9]+\s*[,\]]))")
_JSON_LINE = re.compile(r"\s*\{.*\}[ \t]*,?\n\s*\{")
_SIGMA_KEY = re.compile(
    r"^(title|id|status|description|logsource|detection|level)[ \t]*:", re.MULTILINE
)
_SIGMA_KEYS_NEEDED = 2
_MARKUP = re.compile(r"\s*<(?:\?xml|!doctype|html[ >])", re.IGNORECASE)
# Markdown may begin with an image or a centred title in HTML.
_TAG = re.compile(r"\s*<[a-z]+:?[a-z_]*[ >]", re.IGNORECASE)
# The first tag, behind what may stand before it; XHTML begins as XML does.
_FIRST_TAG = re.compile(
    r"(?:\s|<\?[^>]*>|<!--(?:[^-]|-(?!->))*-->|<!doctype\s+(?!html)[^>]*>)*"
    r"<(!doctype\s+html|[a-z][a-z0-9]*)[\s>/]",
    re.IGNORECASE,
)
_OPENIOC = ("ioc", "openioc")
_PAGE = re.compile(r"!doctype\s+html|html|head|body", re.IGNORECASE)
_PART_OF_PAGE = re.compile(
    r"meta|title|h[1-6]|p|div|span|a|b|br|hr|ul|ol|li|table|tr|td|pre|code|font|center|section"
    r"|article|main|header|img|blockquote|strong|style|script",
    re.IGNORECASE,
)
# Comments and imports, and then a rule.
_YARA = re.compile(
    r"(?:\s|//[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/|(?:import|include)[ \t]+\"[^\"\n]*\")*"
    r"(?:(?:private|global)\s+)*rule\s+\w+\s*(?::[\w\s]*)?\{"
)
# Filters of AdBlock and rules of Snort are full of bars and semicolons, and are no tables; in
# DShield's block list, three columns are one network.
_FOR_PROGRAMS = re.compile(
    r"^(?:\[Adblock\b.*|(?:@@)?\|\|[^|\s]+\^\S*"
    r"|(?:alert|drop|reject|pass)[ \t]+[a-z0-9-]+[ \t][^\n(]*->.*"
    r"|[0-9.]{7,15}\t[0-9.]{7,15}\t[0-9]{1,2}\t.*)$",
    re.MULTILINE,
)
_HASH_AND_UUID = re.compile(r"[0-9a-f]{32},[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\s*")


def recognise(source: TextSource) -> Recognised:
    """Return the form of a text.

    Raises:
        UnrecognisedSourceError: it is something else: other XML, YARA, or a MISP feed's hash index.
    """
    sample = source.sample
    if (form := _at_once(sample)) is not None:
        return Recognised(form)
    tag = _FIRST_TAG.match(sample)
    first = tag[1] if tag is not None else ""
    if _is_page(first, sample):
        return Recognised(Form.HTML)
    if first.lower() in _OPENIOC:
        return Recognised(Form.OPENIOC)
    if _MARKUP.match(sample) or (_TAG.match(sample) and not is_document(sample)):
        raise UnrecognisedSourceError(
            f"Cannot read '{source.name}': it is XML of a form that is not read;"
            " export it as STIX 2, CSV or text"
        )
    keys = set(_SIGMA_KEY.findall(sample))
    if "title" in keys and len(keys) > _SIGMA_KEYS_NEEDED:
        return Recognised(Form.SIGMA)
    first = sample.split("\n", 3)[:3]
    if _HASH_AND_UUID.fullmatch(first[0]):
        raise UnrecognisedSourceError(
            f"Cannot read '{source.name}': it is a MISP feed's index of hashed values;"
            " read the events beside it"
        )
    if _YARA.match(sample):
        raise UnrecognisedSourceError(
            f"Cannot read '{source.name}': it is YARA rules, not indicators"
        )
    if is_document(sample):
        return Recognised(Form.DOCUMENT)
    if _FOR_PROGRAMS.search(sample):
        return Recognised(Form.TEXT)
    table = recognise_table(sample)
    return Recognised(Form.TABLE, table) if table is not None else Recognised(Form.TEXT)


def _at_once(sample: str) -> Form | None:
    """Return the form of a mail or of JSON, which nothing else begins as."""
    if is_mail(sample):
        return Form.MAIL
    if _JSON.match(sample):
        return Form.JSON_LINES if _JSON_LINE.match(sample) else Form.JSON
    return None


def _is_page(tag: str, sample: str) -> bool:
    """Return whether a text begins as a page of HTML does, or as a part of one."""
    return _PAGE.fullmatch(tag) is not None or (
        _PART_OF_PAGE.fullmatch(tag) is not None and not is_document(sample)
    )
