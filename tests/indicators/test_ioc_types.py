"""The facts of each type of indicator stand in one table, and hold of its values."""

import pytest

from sigma_socdefenders.indicators.ioc_types import ADDRESSES, HASHES, TYPES, IndicatorType
from sigma_socdefenders.indicators.normalize import canonical, infer_type
from sigma_socdefenders.sources.stix.patterns import hint_of_path


def test_every_type_has_its_facts():
    """The table has a row for each type, in the order of the types."""
    assert list(TYPES) == list(IndicatorType)


@pytest.mark.parametrize("kind", IndicatorType)
def test_the_example_is_a_value_of_the_type(kind):
    """It is canonical, and told to be of the type by itself."""
    example = TYPES[kind].example
    assert canonical(kind, example) == example
    assert infer_type(example) is kind


@pytest.mark.parametrize("kind", IndicatorType)
def test_the_path_of_an_observable_is_read_back(kind):
    """What is written as a STIX pattern is read as a value of the type or of its family."""
    path = TYPES[kind].stix
    hint = "host" if kind in ADDRESSES else kind.value
    assert hint_of_path(path) == (hint if path else None)


@pytest.mark.parametrize("kind", HASHES)
def test_a_digest_has_the_digits_of_its_algorithm(kind):
    """Any other number of digits is refused, with the number that it should be."""
    assert len(TYPES[kind].example) == TYPES[kind].digits
    with pytest.raises(ValueError, match=f"has {TYPES[kind].digits}"):
        canonical(kind, "1" * (TYPES[kind].digits - 1))
