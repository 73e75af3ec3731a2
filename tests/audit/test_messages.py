"""No text from outside drives a terminal or forges a line, by whatever door it comes."""

import io
import json
import zipfile

import pytest
from click.testing import CliRunner

from sigma_socdefenders import SourceError
from sigma_socdefenders.cli import cli
from sigma_socdefenders.errors import FeedError, InvalidIndicatorError, Position

HOSTILE = "\x1b]0;x\x07\n::error::forged\u202e\r"


def zipped(name: str, content: str) -> bytes:
    """Return an archive with one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def stix(pattern: str) -> bytes:
    """Return a bundle with one indicator."""
    found = {"type": "indicator", "id": "indicator--1", "pattern": pattern, "pattern_type": HOSTILE}
    return json.dumps({"type": "bundle", "objects": [found]}).encode()


SIGMA = """title: a
logsource: {category: proxy}
detection:
  selection:
    "c-uri|%s": x
  condition: selection
status: test
"""

DOORS = {
    "the name of a file in an archive": zipped(f"a{HOSTILE}.txt", "nothing here but words\n"),
    "the name of a broken file in an archive": zipped(f"a{HOSTILE}.txt", "%PDF-1\0"),
    "a line of text": f"no value in this {HOSTILE} text\n".encode(),
    "a type": json.dumps([{"type": HOSTILE, "value": "evil.example"}]).encode(),
    "a value": json.dumps([{"type": "domain", "value": HOSTILE}]).encode(),
    "a field": json.dumps([{"value": "evil.example", "first_seen": HOSTILE}]).encode(),
    "a pattern": stix(f"[file:name = '{HOSTILE}']"),
    "a modifier": (SIGMA % json.dumps(HOSTILE)[1:-1]).encode(),
}


@pytest.mark.parametrize("content", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize("errors", ["skip", "raise"])
def test_messages_of_a_run(tmp_path, content, errors):
    """Summary, account and error are printable lines, none of which the source wrote."""
    path = tmp_path / "list"
    path.write_bytes(content)
    arguments = ["rules", str(path), "--errors", errors, "--explain", HOSTILE, "--allow-empty"]
    result = CliRunner().invoke(cli, [*arguments, "-o", str(tmp_path / "out.yml")])
    said = result.stderr if result.exception is None else str(result.exception)
    assert said
    assert all(line.isprintable() for line in said.split("\n"))
    assert not any(line.lstrip().startswith("::error") for line in said.splitlines())


def test_the_name_of_a_file_in_a_folder(tmp_path):
    """A file's own name is shown escaped, in the summary and in an error."""
    (tmp_path / "a\x1b[2J\nread 9, kept 9\u202e.txt").write_text("no value in this text\n")
    said = CliRunner().invoke(cli, ["rules", str(tmp_path)]).stderr
    assert all(line.isprintable() for line in said.split("\n"))
    assert "read 9" not in {line[:6] for line in said.splitlines()}


@pytest.mark.parametrize(
    "error",
    [
        SourceError(f"Cannot read '{HOSTILE}'"),
        FeedError(f"answered with {HOSTILE}", code=HOSTILE, request_id=HOSTILE),
        InvalidIndicatorError("value", HOSTILE, f"is {HOSTILE}", Position(HOSTILE, 1, HOSTILE)),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_is_one_line(error):
    """The message of an error is printable, whatever it quotes."""
    assert str(error).isprintable()
    assert "forged" in str(error)
