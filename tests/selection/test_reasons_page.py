"""The page of reasons is the code's own table."""

import re

from sigma_socdefenders.audit.skipped import Reason
from tests.conftest import ROOT


def test_every_reason_is_on_the_page():
    """Each reason stands in a table of docs/reading.md, in the very words of the code."""
    page = (ROOT / "docs" / "reading.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", page, re.MULTILINE))
    assert rows == {reason.value: reason.sentence for reason in Reason}
