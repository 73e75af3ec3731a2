"""Lucene's regular expressions: what they match, and how alternatives are merged."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from sigma.types import SigmaRegularExpression, SigmaRegularExpressionFlag

from sigma.pipelines.socdefenders.languages.lucene_regexp import alternative, merged, without_flags
from sigma.pipelines.socdefenders.translate.columns import Match, MatchType

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
_ANCHORED = (MatchType.EXACT, MatchType.PREFIX, MatchType.SUFFIX, MatchType.CONTAINS)
MATCHES = st.lists(st.builds(Match, st.sampled_from(_ANCHORED), TEXTS), min_size=1, max_size=12)


@given(TEXTS, TEXTS)
def test_they_are_those_of_python(text: str, subject: str) -> None:
    """The subset that is written means the same to Python: the text, in its place and no other."""
    for seen in (text, subject, f"{text}{subject}", f"{subject}{text}", f"x{text}y"):
        for how, expected in (
            (MatchType.EXACT, seen == text),
            (MatchType.PREFIX, seen.startswith(text)),
            (MatchType.SUFFIX, seen.endswith(text)),
            (MatchType.CONTAINS, text in seen),
        ):
            written = str(alternative(Match(how, text)))
            assert bool(re.fullmatch(written, seen, re.DOTALL)) == expected


@given(st.text(st.characters(max_codepoint=127), min_size=1))
def test_both_cases_of_a_letter_are_written(text: str) -> None:
    """With `fold`, a text is found in any case."""
    written = str(alternative(Match(MatchType.EXACT, text), fold=True))
    for seen in (text, text.upper(), text.lower(), text.swapcase()):
        assert re.fullmatch(written, seen, re.DOTALL)


@given(MATCHES, TEXTS, st.integers(1, 80))
def test_merged_ones_match_what_the_alternatives_match(
    matches: list[Match], subject: str, longest: int
) -> None:
    """However many there are in one expression, together they match the same texts."""
    alone = [str(alternative(match)) for match in matches]
    together = list(merged(map(alternative, matches), longest=longest))
    for seen in (subject, *(match.text for match in matches), f"{subject}{matches[0].text}"):
        found = [
            any(re.fullmatch(one, seen, re.DOTALL) for one in them) for them in (alone, together)
        ]
        assert found[0] == found[1]


@given(MATCHES, st.integers(1, 200))
def test_none_is_longer_than_it_may_be(matches: list[Match], longest: int) -> None:
    """A merged expression takes what an index takes, unless one alternative alone takes more."""
    alone = max(len(str(alternative(match))) for match in matches)
    for one in merged(map(alternative, matches), longest=longest):
        assert len(one) <= max(longest, alone)


def test_names_share_an_expression_until_it_is_full() -> None:
    """A hundred DNS names need a tenth as many expressions, and a single one has no brackets."""
    names = [Match(MatchType.DOMAIN, f"host-number{number}.example") for number in range(100)]
    alternatives = [alternative(name, closing_dot=True) for name in names]
    assert len(list(merged(alternatives))) < 10
    assert list(merged(alternatives[:1])) == [r"(.*\.)?host-number0\.example\.?"]


def test_senders_share_an_expression_where_they_share_a_domain() -> None:
    """The domain is written once, and addresses of another have an expression of their own."""
    senders = [Match(MatchType.EXACT, text) for text in ("a@x.example", "c@y.example")]
    senders.insert(1, Match(MatchType.EXACT, "b@x.example"))
    written = list(merged(map(alternative, senders)))
    assert written == [r"(a|b)\@x\.example", r"c\@y\.example"]


def test_an_empty_text_is_an_alternative() -> None:
    """Lucene reads `()` as nothing, and a bar that nothing stands before as a bar."""
    values = [Match(MatchType.EXACT, text) for text in ("", "a")]
    assert list(merged(map(alternative, values))) == ["(()|a)"]


@given(
    st.lists(
        st.sampled_from(["a", "B", "-", r"\w", r"\.", "[a-c]", "[^xY-Z]", "[a-]", r"[\]b]", ".*"]),
        max_size=6,
    ).map("".join),
    st.text("aAbBcCxXyYzZ-.] "),
)
def test_an_expression_for_any_case_needs_no_flag(pattern: str, subject: str) -> None:
    """Each letter, and each range of letters, is written in both cases."""
    flags = {SigmaRegularExpressionFlag.IGNORECASE, SigmaRegularExpressionFlag.DOTALL}
    written = without_flags(SigmaRegularExpression(pattern, flags))
    assert not written.flags
    found = re.fullmatch(written.regexp.to_plain_regex(), subject)
    assert bool(found) == bool(re.fullmatch(pattern, subject, re.IGNORECASE))
