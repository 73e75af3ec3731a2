"""Why records become no rule: every reason with its sentence, and what is told of one record."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from sigma_socdefenders.errors import escape, shorten

if TYPE_CHECKING:
    from typing_extensions import Self

    from sigma_socdefenders.errors import Position, SocDefendersError

__all__ = ["Reason", "Refusal", "Skipped"]


class Reason(str, Enum):
    """Why a record is skipped; equal to its name, which summaries and reports count by.

    Attributes:
        sentence: what the reason means.
    """

    sentence: str

    def __new__(cls, name: str, sentence: str) -> Self:
        """Make the reason of that name."""
        made = str.__new__(cls, name)
        made._value_ = name
        made.sentence = sentence
        return made

    # What is left out by itself; `selection.KEEPABLE` are those that can be switched off.
    PRIVATE = "private", "an address or name that only a local network uses, or a reserved address"
    TOO_WIDE = "too-wide", "a network of more than 2^24 IPv4 addresses, or wider than an IPv6 /20"
    PUBLIC_SUFFIX = (
        "public-suffix",
        "a name below which strangers register theirs, such as co.uk or github.io",
    )
    NO_TLD = "no-tld", "a name whose ending is no top-level domain, such as a file's name"
    EMPTY_FILE = "empty-file", "the hash of a file without content"
    FILLER = "filler", "a hash of nothing but zeros, or nothing but f, which stands for none"
    WELL_KNOWN = (
        "well-known",
        "a host or address that everybody uses, such as a resolver or google.com",
    )
    PLACEHOLDER = "placeholder", "a URL with a part to be filled in, such as <email_address>"
    REVOKED = "revoked", "its source has withdrawn it, or allows it"
    EXPIRED = "expired", "its validity has ended"
    DECAYED = "decayed", "its score is below the threshold of each of MISP's decaying models"

    # What was not asked for.
    TYPE = "type", "of another type than those asked for"
    SINCE = "since", "not added or updated after the time asked for, or without a date"
    CONFIDENCE = "confidence", "of another confidence than the one asked for, or of none"
    INDUSTRY = "industry", "not said to concern the industry asked for"
    CATEGORY = "category", "from no source of the category asked for"
    TLP = (
        "tlp",
        "labelled (TLP) more strictly than asked for, or with a label that is not TLP's",
    )
    TAG = "tag", "without any tag asked for, or with one that is not wanted"
    FEED_NAME = "feed-name", "from no publisher asked for, or from one that is not wanted"
    SCORE = "score", "of a lower score than asked for, or of none"
    AGE = "age", "last seen longer ago than the greatest age of its type"
    ALLOWLIST = "allowlist", "on an allowlist of yours, or its rule would fire on something there"
    WARNINGLIST = "warninglist", "on a MISP warning list"
    DUPLICATE = "duplicate", "read before; what the record says was added to the first one"
    LIMIT = "limit", "beyond the number asked for"

    # What a source holds and no record can be made of.
    INVALID = "invalid", "no value of its type, or a record without a value"
    UNSUPPORTED = "unsupported", "a type that no rule looks for, such as a file name or a mutex"
    PATTERN = (
        "pattern",
        (
            "a pattern or rule that says more than one value does: AND across observables, an"
            " expression, a wildcard, or another pattern language"
        ),
    )
    TO_IDS = (
        "to-ids",
        (
            "not marked for detection, in a MISP event that marks; or an observation, in a STIX"
            " bundle that has indicators"
        ),
    )
    SUPERSEDED = "superseded", "a version of a STIX object that a later one beside it replaces"
    DELETED = "deleted", "kept by a MISP event as deleted"
    DERIVED = (
        "derived",
        "a part of a URL that is listed beside it, or what a value beside it resolves to",
    )
    REFERENCE = "reference", "a link or name that a report, event or list refers to"
    UNRECOGNISED = "unrecognised", "a line of text in which nothing is an indicator"
    EMPTY = "empty", "a row or attribute without a value"
    MALFORMED = "malformed", "a document of Sigma YAML that is no rule"
    TOO_LONG = "too-long", "a line, rule or page beyond the bounds"
    UNREADABLE = (
        "unreadable",
        (
            "a file in a folder, archive or mail that holds nothing known to be indicators, or"
            " cannot be opened; or a part of a document that cannot be read"
        ),
    )

    # What no rule looks for.
    NO_RULE = "no-rule", "of a type that the profile has no rule for"
    NOT_CONVERTED = (
        "not-converted",
        "in no query, as the target cannot express it or it is too long for one",
    )

    # The same on every Python: 3.11 changed what a mixed-in enum formats to.
    def __str__(self) -> str:
        return str.__str__(self)

    def __format__(self, format_spec: str) -> str:
        return str.__format__(self, format_spec)

    # Equal to its text, so of the same hash.
    __hash__ = str.__hash__


class Refusal(NamedTuple):
    """Why something is no indicator, or shall be none.

    Attributes:
        reason: to count it by.
        detail: the second half of a sentence on why, for a person.
    """

    reason: Reason
    detail: str


class Skipped(NamedTuple):
    """One record that becomes no rule.

    Attributes:
        position: where it stands.
        value: what it held, as it came; empty where it held nothing readable.
        reason: to count it by.
        detail: the second half of a sentence on why, for a person.
        error: the error behind it, where there is one; with `errors="raise"` it ends the run.
    """

    position: Position
    value: str
    reason: Reason
    detail: str
    error: SocDefendersError | None = None

    def __str__(self) -> str:
        value = f"'{shorten(self.value)}' " if self.value else ""
        return f"{self.position}: {value}{escape(self.detail)}"
