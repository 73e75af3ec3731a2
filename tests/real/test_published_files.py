"""Files as vendors published them, read to the counts that a person finds in them.

The numbers were found by looking at each file and with grep, awk and jq, not with this package.
The files are not part of the project: where the folder is absent each test is skipped, by name.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sigma_socdefenders import flow
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.errors import UnrecognisedSourceError
from sigma_socdefenders.selection import Selection
from tests.sources.conftest import read_all

if TYPE_CHECKING:
    from sigma_socdefenders.audit.skipped import Skipped

FOLDER = Path(
    os.environ.get(
        "SOCDEFENDERS_REAL_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"
    )
)

# File: what becomes an indicator, by type, and what does not, by reason.
FILES = {
    # Three tables of file hashes and addresses, one of networks; two thumbprints of certificates,
    # which are no hashes of files; two links to the vendor's own articles.
    "adoc02__eset__README.adoc": (
        {"sha1": 32, "domain": 3, "ipv4": 77},
        {"reference": 2, "unsupported": 2},
    ),
    # 18 hostname rows, 6 rows of three hashes each, 5 addresses of registrants.
    "csv10__volexity__iocs.csv": (
        {"domain": 23, "sha256": 6, "sha1": 6, "md5": 6},
        {"unsupported": 5},
    ),
    "csv11__volexity__iocs.csv": ({"ipv4": 4, "domain": 8}, {}),
    # 127 rows: 78 + 41 + 7 + 1 by type; beside them 69 SHA-1, 17 MD5 and 29 cells of C2, of which
    # one is an address, one a URL and two hold four names each.
    "csv16__microsoft__May21NOBELIUMIoCs.csv": (
        {"domain": 41 + 25 + 8, "sha256": 78, "sha1": 69, "md5": 17, "ipv4": 8, "url": 2},
        {},
    ),
    # 438 rows of a hash and a C2: 9 names, 18 URLs, 14 from paste bins (11 names, 3 addresses).
    "csv17__pan-unit42__venomrat_iocs.csv": (
        {"sha256": 438, "ipv4": 397 + 3, "domain": 9 + 11, "url": 18},
        {},
    ),
    "csv18__pan-unit42__xHunt_IOCs.csv": ({"sha256": 46, "domain": 47}, {}),
    "csv19__pan-unit42__hashes.csv": ({"md5": 203, "sha256": 39}, {}),
    "csv20__blackberry__Blackbyte-iocs.csv": ({"sha256": 3, "url": 1}, {}),
    "csv21__blackberry__MustangPanda-iocs.csv": ({"ipv4": 11, "sha256": 4}, {}),
    # All attributes unmarked; a link to the vendor's article, four names of detections.
    "misp03__eset__2018-11-20_Zebrocy.json": (
        {"md5": 5, "sha1": 5, "sha256": 5, "url": 1, "email": 11},
        {"unsupported": 4, "reference": 1},
    ),
    "misp04__eset__chandrila.json": ({"ipv4": 1, "sha1": 2}, {"unsupported": 2}),
    # 111 of 340 marked: 28 files with three hashes, 11 URLs, 16 texts.
    "misp07__eset__misp-moustachedbouncer.event.json": (
        {"md5": 28, "sha1": 28, "sha256": 28, "url": 11},
        # Unmarked: 11 addresses, 6 names, one file's three hashes, 4 senders; the rest of 340.
        {"to-ids": 24, "unsupported": 221},
    ),
    "misp10__eset__misp-kryptocibule.json": (
        {"sha1": 32, "domain": 67, "ipv4": 1},
        {"unsupported": 53 + 22 + 9 + 2 + 1 + 1 + 1 + 1 + 1},
    ),
    # Seven addresses as domain-name:value; four app ids and three certificates.
    "stix05__AmnestyTech__novispy.stix2": ({"ipv4": 7, "sha256": 4}, {"unsupported": 7}),
    "stix12__pan-unit42__2024-03-07-Latrodectus-with-Lumma-Stealer.json": (
        {"sha256": 7, "url": 11, "domain": 5, "ipv4": 1},
        {},
    ),
    "stix13__pan-unit42__2024-04-12-MidnightEclipse.json": (
        {"ipv4": 23, "sha256": 2, "url": 2, "domain": 1},
        {"unsupported": 2},
    ),
    # Of 40 domain-name:value one is a path without a host; three names of files, one folder.
    "stix14__pan-unit42__matanbuchus-loader.json": (
        {"domain": 39, "sha256": 3, "url": 3, "ipv4": 3},
        {"unsupported": 4, "invalid": 1},
    ),
    "stix15__pan-unit42__2024-03-14-AsyncRAT-and-XWorm.json": (
        {"sha256": 14, "url": 13, "domain": 1},
        {},
    ),
    "stix16__oasis-open__poisonivy.json": ({"ipv4": 40, "domain": 25}, {"unsupported": 2}),
    "txt03__stamparm__powershell_smbghost.txt": ({"url": 2, "ipv4": 1, "domain": 6, "ipv6": 3}, {}),
    "txt05__stamparm__silentbrute.txt": ({"url": 4}, {}),
    "txt06__stamparm__fakebat.txt": ({"domain": 383, "ipv4": 3, "url": 1}, {}),
}
REFUSED = "json01__eset__rqz-dnsduvel_blocklist.json"


def published(name: str) -> Path:
    path = FOLDER / "iocs" / name
    if not path.exists():
        pytest.skip(f"{name} is not at {path.parent}")
    return path


@pytest.mark.parametrize("name", FILES)
def test_counts(name):
    """A published file gives what a person finds in it, and counts what is no indicator."""
    expected, dropped = FILES[name]
    result = read_all(published(name))
    assert Counter(kind for kind, _ in result.pairs) == expected
    assert result.reasons == dropped


def test_block_list_is_refused():
    """An advertisement block list that malware dropped is no list of indicators."""
    with pytest.raises(UnrecognisedSourceError, match="not known to be a list of indicators"):
        read_all(published(REFUSED))


def test_the_folder_as_a_whole():
    """All files at once give the sum of all, with the block list counted as unreadable."""
    folder = published(REFUSED).parent
    result = read_all(folder, errors="skip")
    present = {path.name for path in folder.iterdir()}
    expected = sum(sum(FILES[name][0].values()) for name in FILES if name in present)
    assert len(result.indicators) == expected
    assert result.reasons["unreadable"] == 1


SAMPLES = {
    "csv16__microsoft__May21NOBELIUMIoCs.csv": "cdnappservice.web.app",
    "csv21__blackberry__MustangPanda-iocs.csv": (
        "f70d3601fb456a18ed7e7ed599d10783447016da78234f5dca61b8bd3a084a15"
    ),
    "csv20__blackberry__Blackbyte-iocs.csv": "http://13.107.4.50/spider.png",
    "txt03__stamparm__powershell_smbghost.txt": "fe80::bdd9:fd11:ea3f:a4",
    "txt05__stamparm__silentbrute.txt": "http://78.47.198.134/cmd.php",
    "misp04__eset__chandrila.json": "198.23.187.46",
    "stix16__oasis-open__poisonivy.json": "autuo.xicp.net",
    "adoc02__eset__README.adoc": "update.devicebug.com",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_values(name):
    """A value that is written in an odd way in its file is read in its canonical form."""
    assert SAMPLES[name] in read_all(published(name)).values


# What is left out by itself of what was read, with the value that shows why.
LEFT_OUT = {
    "stix14__pan-unit42__matanbuchus-loader.json": ("no-tld", "avebelial.xml"),
    "csv17__pan-unit42__venomrat_iocs.csv": ("private", "172.31.21.106"),
    "txt03__stamparm__powershell_smbghost.txt": ("private", "fe80::bdd9:fd11:ea3f:a4"),
    "csv16__microsoft__May21NOBELIUMIoCs.csv": (
        "placeholder",
        "https://r20.rs6.net/tn.jsp?<unique_to_target>",
    ),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_left_out(name):
    """What would do harm or nothing in a published file is left out, and only that."""
    reason, value = LEFT_OUT[name]
    drops: list[Skipped] = []
    summary = Summary(errors="skip", on_skipped=drops.append)
    selection = Selection.parse(keep=["expired"])
    kept = [i.value for i, _ in flow.from_sources([published(name)], selection, summary)]
    assert summary.read == len(kept) + summary.dropped.total()
    assert value in [drop.value for drop in drops if drop.reason == reason]
    assert value not in kept
    assert len(set(kept)) == len(kept)


def test_distinct_hashes_of_a_table():
    """Of 438 rows 308 hashes are distinct; 130 are counted as duplicates."""
    summary = Summary()
    path = published("csv17__pan-unit42__venomrat_iocs.csv")
    kept = list(flow.from_sources([path], Selection.parse(type="sha256"), summary))
    assert len(kept) == 438 - 130
    assert summary.dropped["duplicate"] == 130
