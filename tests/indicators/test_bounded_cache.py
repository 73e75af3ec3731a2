"""What is remembered of texts is bounded by their length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.indicators.bounded_cache import remembered


@pytest.mark.parametrize(("length", "calls"), [(10, 1), (100_000, 2)])
def test_only_short_texts_are_remembered(length, calls):
    """A short text is computed once; a long one anew each time, and with the same result."""
    asked = []

    @remembered(8)
    def upper(text):
        asked.append(text)
        return text.upper()

    assert {upper("a" * length) for _ in range(2)} == {"A" * length}
    assert len(asked) == calls


@pytest.mark.parametrize(
    ("texts", "calls"),
    [
        (("a", None, "b"), 1),
        (("a", "b" * 100_000), 2),
        ((1, "a"), 2),
        (("",) * 100_000, 2),
    ],
)
def test_only_short_texts_together_are_remembered(texts, calls):
    """Long texts, many of them, and what is no text are not held."""
    asked = []

    @remembered(8)
    def joined(*given):
        asked.append(given)
        return list(given)

    assert joined(*texts) == joined(*texts) == list(texts)
    assert len(asked) == calls


def test_too_many_are_forgotten():
    """No more results are held than asked for, and each is right before and after."""
    asked = []

    @remembered(3)
    def upper(text):
        asked.append(text)
        return text.upper()

    assert [upper(each) for each in "abcabcd" * 2] == list("ABCABCD" * 2)
    assert len(asked) < 14


@given(st.lists(st.one_of(st.none(), st.text(max_size=3), st.integers(0, 1), st.booleans())))
def test_equal_arguments_of_other_types_are_told_apart(given_list):
    """What Python holds for equal, such as 0 and False, is not taken for one another."""
    kinds = remembered(64)(lambda *given: [type(each) for each in given])
    kinds(*[int(each) if isinstance(each, bool) else each for each in given_list])
    assert kinds(*given_list) == [type(each) for each in given_list]
