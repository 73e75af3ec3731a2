"""Encodings, archives, folders, streams, and bombs."""

import gzip
import io
import os
import struct
import sys
import threading
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from sigma_socdefenders.errors import SourceError, UnrecognisedSourceError
from sigma_socdefenders.sources.opening import allowance
from tests.sources.conftest import read_all

TEXT = "bad.example # süß\n192.0.2.7\n"
VALUES = ["bad.example", "192.0.2.7"]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings(reading, encoding, line_end):
    """Every encoding and line end that occurs gives the same values and readable comments."""
    result = reading(TEXT.replace("\n", line_end).encode(encoding))
    assert result.values == VALUES
    assert result.indicators[0].context == "süß"


def test_bytes_that_are_no_utf8(reading):
    """One byte of another encoding costs neither the file nor its line."""
    result = reading(b"a.example # caf\xe9\nb.example\xa0\nc.example # \xc3\xbc \x81\n")
    assert result.values == ["a.example", "b.example", "c.example"]
    assert [each.context for each in result.indicators] == ["caf\u00e9", None, "\u00fc"]


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def encrypted(archive):
    """Return an archive of one file that says it is encrypted."""
    changed = bytearray(archive)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[changed.index(mark) + offset] |= 1
    return bytes(changed)


def test_archives(reading):
    """Archives of gzip and zip are unpacked by their content; members carry their names."""
    assert reading(gzip.compress(TEXT.encode())).values == VALUES
    archive = zipped(**{"b.txt": "b.example\n", "a.csv": "type,value\ndomain,a.example\n"})
    result = reading(archive)
    assert result.values == ["b.example", "a.example"]
    assert result.positions[0] == "list/b.txt, line 1"
    assert reading(gzip.compress(archive)).values == result.values


def test_archive_with_other_things(reading):
    """What is no list inside an archive is counted, or ends the run where that is asked for."""
    archive = zipped(**{"a.png": b"\x89PNG\0\0", ".x": "hidden.example", "b.txt": "b.example"})
    result = reading(archive, errors="skip")
    assert result.values == ["b.example"]
    assert result.reasons == {"unreadable": 1}
    with pytest.raises(UnrecognisedSourceError, match=r"list/a\.png': it is an image"):
        reading(archive, errors="raise")


def test_folders_and_several_sources(tmp_path):
    """A folder is read through in the order of names, hidden files left out; sources follow."""
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "x.txt").write_text("c.example\n")
    (tmp_path / "b" / "x.txt").write_text("b.example\n")
    (tmp_path / "a.txt").write_text("a.example\n")
    (tmp_path / ".hidden").write_text("hidden.example\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.txt").write_text("git.example\n")
    result = read_all(tmp_path, tmp_path / "a.txt")
    assert result.values == ["a.example", "b.example", "c.example", "a.example"]


def test_standard_input(monkeypatch):
    """A dash is standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    result = read_all("-")
    assert result.values == VALUES
    assert result.positions[0] == "standard input, line 1"


class Trickle(io.RawIOBase):
    """A pipe that gives a few bytes at a time and cannot be rewound."""

    def __init__(self, data):
        self._data = io.BytesIO(data)

    def readable(self):  # noqa: D102
        return True

    def readinto(self, buffer):  # noqa: D102
        part = self._data.read(min(3, len(buffer)))
        buffer[: len(part)] = part
        return len(part)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda data: zipped(x=data)])
def test_pipes(pack):
    """A stream that comes in small pieces is read like a file."""
    assert read_all(Trickle(pack(TEXT.encode()))).values == VALUES


NOT_LISTS = {
    "image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "program": b"MZ\x90\0\x03\0\0\0",
    "noise": bytes(range(256)) * 4,
    "office": zipped(**{"[Content_Types].xml": "<x/>", "ppt/presentation.xml": "<x/>"}),
    "xml": b'<?xml version="1.0"?><stix:STIX_Package/>',
    "misp index": b"d41d8cd98f00b204e9800998ecf8427e,5be1e65d-8198-497b-bdf5-5ec20a016219\n",
}


@pytest.mark.parametrize("content", NOT_LISTS.values(), ids=NOT_LISTS.keys())
def test_other_files_are_refused(reading, content):
    """What is no list of indicators is refused by name, and not searched for values."""
    with pytest.raises(UnrecognisedSourceError, match=r"^Cannot read 'list': it is "):
        reading(content)


def test_links_to_nothing(tmp_path):
    """A link in a folder to a file that is gone is counted and named, and the others are read."""
    (tmp_path / "a.txt").write_text("a.example\n")
    (tmp_path / "b.txt").symlink_to(tmp_path / "gone.txt")
    (tmp_path / "c.txt").symlink_to(tmp_path / "a.txt")
    (tmp_path / "d.txt").symlink_to(tmp_path / "d.txt")
    result = read_all(tmp_path, errors="skip")
    assert result.values == ["a.example", "a.example"]
    assert result.reasons == {"unreadable": 2}
    with pytest.raises(SourceError, match=r"b\.txt': it is a link to nothing"):
        read_all(tmp_path, errors="raise")


@pytest.mark.parametrize("target", ["/proc/self/stat", "/dev/zero", None])
def test_what_never_ends_in_a_folder(tmp_path, target):
    """A pipe, or a link to a device or to what the kernel makes up, is counted and not opened."""
    (tmp_path / "a.txt").write_text("a.example\n")
    if target is None:
        os.mkfifo(tmp_path / "b.txt")
    else:
        if not Path(target).exists():
            pytest.skip("this system has none")
        (tmp_path / "b.txt").symlink_to(target)
    result = read_all(tmp_path, errors="skip")
    assert result.values == ["a.example"]
    assert result.reasons == {"unreadable": 1}


def test_a_named_pipe_that_is_asked_for(tmp_path):
    """A pipe that the caller names is read, as a shell's `<(command)` is one."""
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=("a.example\n",))
    writer.start()
    assert read_all(tmp_path / "pipe").values == ["a.example"]
    writer.join()


@pytest.mark.parametrize("name", ["missing.txt", "folder/missing"])
def test_missing_files(tmp_path, name):
    """A file that is not there is named in the error."""
    with pytest.raises(SourceError, match="missing"):
        read_all(tmp_path / name)


def test_truncated_archives(reading):
    """An archive that is cut off or damaged is an error, not a short list."""
    packed = gzip.compress(b"".join(b"n%d.example\n" % i for i in range(50_000)))
    for broken in (packed[:-20], packed[: len(packed) // 2], packed[:10] + b"\xff" * 50):
        with pytest.raises(SourceError, match=r"^Cannot read 'list'"):
            reading(broken)
    archive = zipped(x="a.example\n" * 5000)
    with pytest.raises(SourceError, match=r"^Cannot read 'list'"):
        reading(archive[:-30])


def test_encrypted_archive(reading):
    """An archive with a password says so."""
    with pytest.raises(SourceError, match="encrypted"):
        reading(encrypted(zipped(x="a.example\n")))


def test_encrypted_archives_in_folders_and_archives(tmp_path):
    """What needs a password is counted where a folder or archive names it, as what is no list."""
    sample = encrypted(zipped(x="a.example\n"))
    (tmp_path / "a.zip").write_bytes(sample)
    (tmp_path / "b.zip").write_bytes(zipped(inner=sample, list="b.example\n"))
    result = read_all(tmp_path)
    assert result.values == ["b.example"]
    assert [str(each.position) for each in result.drops] == [
        f"{tmp_path}/{place}/x, file 1" for place in ("a.zip", "b.zip/inner")
    ]
    assert all("unpack the archive with its password" in each.detail for each in result.drops)


class Endless(io.RawIOBase):
    """As many bytes as one likes, made as they are read."""

    def __init__(self, size, byte=b"x", end=b""):
        self._left, self._byte, self._end = size, byte, end

    def readable(self):  # noqa: D102
        return True

    def readinto(self, buffer):  # noqa: D102
        part = self._byte * min(self._left, len(buffer))
        self._left -= len(part)
        if not part:
            part, self._end = self._end[: len(buffer)], self._end[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def peak(action):
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_line_of_gigabytes():
    """A line of 2 GB is passed over in a few megabytes, and what follows it is read."""
    found = []
    stream = Endless(2 << 30, end=b"\nbad.example\n")
    assert peak(lambda: found.append(read_all(stream))) < 64 << 20
    assert found[0].values == ["bad.example"]
    assert found[0].reasons == {"too-long": 1}


@pytest.mark.parametrize("more", [b"\0", gzip.compress(b"")], ids=["zeros", "empty streams"])
def test_what_unpacks_to_nothing(reading, more):
    """Little that unpacks to nothing stands behind a gzip stream; much of it is refused."""
    packed = gzip.compress(TEXT.encode())
    assert reading(packed + more * 1_000).values == VALUES
    with pytest.raises(SourceError, match="more than 1 MiB in it unpack to nothing"):
        reading(packed + more * (3 << 20))


def test_gzip_bomb(reading, monkeypatch):
    """What unpacks to far more than any list would is refused, in little memory."""
    monkeypatch.setattr(allowance, "FREE_EXPANSION", 1 << 20)
    bomb = gzip.compress(b"# a comment\n" * 1_000_000)

    def read():
        with pytest.raises(SourceError, match=r"unpacks to more than"):
            reading(bomb)

    assert peak(read) < 16 << 20


def test_zip_bombs(reading, monkeypatch):
    """Members count together, archives in archives end at the second, and files are limited."""
    monkeypatch.setattr(allowance, "FREE_EXPANSION", 1 << 20)
    with pytest.raises(SourceError, match=r"unpacks to more than"):
        reading(zipped(**{f"f{i}": " " * 100_000 for i in range(40)}))
    nested = zipped(x=zipped(x=zipped(x="a.example")))
    with pytest.raises(SourceError, match="archive inside an archive"):
        reading(nested)
    monkeypatch.setattr(allowance, "MOST_MEMBERS", 3)
    with pytest.raises(SourceError, match="more than 3 files"):
        reading(zipped(**{f"f{i}": "a.example" for i in range(4)}))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_are_not_inflated(reading, method):
    """A member packed in a way whose inflating cannot be bounded is counted, and never inflated."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", b"\n" * 30_000_000, method)
        archive.writestr("b.txt", b"b.example\n", zipfile.ZIP_DEFLATED)
    found = []
    used = peak(lambda: found.append(reading(out.getvalue(), errors="skip")))
    assert found[0].values == ["b.example"]
    assert found[0].reasons == {"unreadable": 1}
    assert used < 8 << 20


def test_an_archive_for_another_program(reading):
    """An archive that asks for a later version of the format is refused."""
    archive = bytearray(zipped(x="a.example\n"))
    place = archive.index(b"PK\x01\x02")
    archive[place + 6 : place + 8] = b"\xff\xff"
    with pytest.raises(SourceError, match=r"^Cannot read 'list': zip file version"):
        reading(bytes(archive))


def test_short_lines_beyond_number(reading):
    """An archive of a few bytes does not turn into millions of lines."""
    few = b"n.example\n" * 3
    assert reading(gzip.compress(few)).read == 3
    with pytest.raises(SourceError, match="4 lines a byte"):
        reading(gzip.compress(b"x\n" * 1_000_000))
    with pytest.raises(SourceError, match="4 lines a byte"):
        reading(zipped(**{f"f{i}": "x\n" * 100_000 for i in range(5)}))


def test_files_of_nested_archives_count_together(reading, monkeypatch):
    """Archives in an archive have one number of files between them."""
    monkeypatch.setattr(allowance, "MOST_MEMBERS", 7)
    inner = [zipped(**{f"f{i}-{n}": "a.example" for i in range(3)}) for n in range(3)]
    assert reading(zipped(x=inner[0])).read == 3
    with pytest.raises(SourceError, match="more than 7 files"):
        reading(zipped(x=inner[0], y=inner[1], z=inner[2]))


def test_overlapping_files(reading):
    """An archive whose files share their packed bytes is refused before any of them is read."""
    archive = zipped(x="a.example\n")
    place = archive.index(b"PK\x01\x02")
    entries = archive[place:-22] * 2
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(entries), place, 0)
    with pytest.raises(SourceError, match="overlap"):
        reading(archive[:place] + entries + end)


def test_office_document_in_a_folder(tmp_path):
    """An Office document among lists is counted, and the lists are read."""
    (tmp_path / "a.pptx").write_bytes(NOT_LISTS["office"])
    (tmp_path / "b.txt").write_text("b.example\n")
    result = read_all(tmp_path, errors="skip")
    assert result.values == ["b.example"]
    assert result.reasons == {"unreadable": 1}


def test_deflate_that_is_damaged(reading):
    """A gzip stream whose inside is broken is an error of this package."""
    head = gzip.compress(b"")[:10]
    broken = head + zlib.compress(b"a.example\n" * 100)[2:30] + b"\0" * 20
    with pytest.raises(SourceError):
        reading(broken)
