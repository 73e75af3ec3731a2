"""The form of a source: detected from its content, or as the caller says."""

import pytest

from sigma_socdefenders import SourceError
from sigma_socdefenders.errors import UnrecognisedSourceError

LIST = "evil-one.com\nevil-two.net\n192.0.2.55\n"
VALUES = ["evil-one.com", "evil-two.net", "192.0.2.55"]


@pytest.mark.parametrize(
    "above",
    [
        "# Source: [report](https://v.example/b)\n",
        "# ![logo](https://v.example/b.png)\n",
        ":author: x\n",
        "= October list\n",
        "```\n",
        "# https://v.example/b\n\n# [a](https://v.example)\n",
    ],
)
@pytest.mark.parametrize("behind", ["", "```\n"])
def test_one_line_makes_no_report_of_a_list(reading, above, behind):
    """A link in a comment, an attribute, a title or a fence leaves a list a list."""
    assert reading(above + LIST + behind).values == VALUES


def test_a_report_stays_a_report(reading):
    """Names between sentences are talked about, though a fence lists others."""
    report = (
        "# Analysis\n\nThe group is described by [us](https://v.example) at length here.\n\n"
        "It also uses tools from github.com and others.\n\n"
        "## Indicators\n\n```\nevil-one[.]com\n```\n"
    )
    assert reading(report).values == ["evil-one.com"]


@pytest.mark.parametrize(
    ("input_format", "content", "values"),
    [
        ("list", "Seen, evil-one.com\n:a: b\n", ["evil-one.com"]),
        ("list", "evil-one.com,evil-two.net\nevil-three.org,evil-four.com\n", 4),
        ("report", "# Hosts\n\n```\nevil-one[.]com\n```\n", 1),
        ("csv", "type,value\ndomain,evil-one.com\n", ["evil-one.com"]),
        ("json", '["evil-one.com"]', ["evil-one.com"]),
        ("jsonl", '{"value": "evil-one.com"}\n', ["evil-one.com"]),
    ],
)
def test_the_form_that_is_named_is_read(reading, input_format, content, values):
    """A text is read in the form that the caller names, whatever it looks like."""
    found = reading(content, input_format=input_format).values
    assert len(found) == values if isinstance(values, int) else found == values


@pytest.mark.parametrize("input_format", ["csv", "json"])
def test_a_form_that_a_text_has_not(reading, input_format):
    """A text that cannot be read in the form that is named is refused with its name."""
    with pytest.raises((UnrecognisedSourceError, SourceError), match="Cannot read 'list'"):
        reading("no values\nin these words\n", input_format=input_format)
