"""What is asked for, ages, merging, and the account."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigma_socdefenders.errors import SelectionError
from sigma_socdefenders.indicators.fields import MOST_TEXTS
from sigma_socdefenders.indicators.indicator import Confidence
from sigma_socdefenders.selection import KEEPABLE, Selection, merging
from sigma_socdefenders.selection.ages import default_ages, parse_ages
from tests.selection.conftest import select_records


def record(value, **fields):
    return {"value": value, **fields}


def test_type(select):
    """Only the types asked for are kept."""
    values = ["192.0.2.1", "a.example", "http://a.example/x", "T1059"]
    assert select(values, type=["domain", "mitre_attack"]).values == ["a.example", "T1059"]
    assert select(values, type="ipv4").reasons == {"type": 3}


def test_since(select):
    """What was seen after the time is kept, by its last sighting, else its first."""
    records = [
        record("a.example", first_seen="2026-01-01", last_seen="2026-05-02"),
        record("b.example", first_seen="2026-05-02"),
        record("c.example", first_seen="2026-01-01"),
        record("d.example"),
    ]
    result = select(records, since="2026-05-01")
    assert result.values == ["a.example", "b.example"]
    assert [drop.detail for drop in result.drops] == ["was last seen on 2026-01-01", "has no date"]


def test_confidence(select):
    """Exactly the level asked for is kept, as the endpoint does it."""
    records = [record(f"{level}.example", confidence=level) for level in ("low", "medium", "high")]
    result = select([*records, "none.example"], confidence="medium")
    assert result.values == ["medium.example"]
    assert result.reasons == {"confidence": 3}


def test_industry(select):
    """A sector is found in tags and categories, by any of its names."""
    records = [
        record("a.example", tags=["finance"]),
        record("b.example", tags=['misp-galaxy:sector="Banking"']),
        record("c.example", source={"category": "Financial Services"}),
        record("d.example", tags=["energy"]),
        "e.example",
    ]
    for name in ("financial-services", "finance"):
        assert select(records, industry=name).values == ["a.example", "b.example", "c.example"]


def test_category(select):
    """A category is that of any source."""
    records = [record("a.example", source={"category": "APT"}), "b.example"]
    assert select(records, category="apt").values == ["a.example"]


def test_tlp(select):
    """What is labelled more strictly, or with no label of TLP, is left out; what has none stays."""
    labels = ["white", "TLP:GREEN", "amber", "amber+strict", "red", "ex:chr", None]
    records = [record(f"n{number}.example", tlp=label) for number, label in enumerate(labels)]
    result = select(records, tlp="TLP:AMBER")
    assert result.values == ["n0.example", "n1.example", "n2.example", "n6.example"]
    assert result.reasons == {"tlp": 3}
    assert result.drops[0].detail == "is labelled TLP:AMBER+STRICT"
    assert select(records, tlp="clear").reasons == {"tlp": 5}


def test_tags(select):
    """One of the tags asked for is enough, and none that is not wanted may be there."""
    records = [
        record("a.example", tags=["APT", 'actor="One"']),
        record("b.example", tags=["apt", "sinkhole"]),
        record("c.example", tags=["aptitude"], mitre_techniques=["T1059"]),
        "d.example",
    ]
    assert select(records, tag="apt").values == ["a.example", "b.example"]
    assert select(records, tag=["actor=*", "t1059"]).values == ["a.example", "c.example"]
    assert select(records, not_tag="sink*").reasons == {"tag": 1}
    assert select(records, tag="apt", not_tag=["sinkhole"]).values == ["a.example"]


def test_feed_names(select):
    """A publisher is that of any source, by its whole name."""
    records = [
        record("a.example", source={"feed_name": "Vendor One"}),
        record("b.example", sources=[{"feed_name": "Vendor One"}, {"feed_name": "Other"}]),
        record("c.example", source={"article_url": "https://vendor.example/x"}),
    ]
    assert select(records, feed_name="vendor one").values == ["a.example", "b.example"]
    assert select(records, feed_name="vendor").values == []
    assert select(records, not_feed_name="other").values == ["a.example", "c.example"]
    assert select(records, feed_name="vendor*", not_feed_name="other").reasons == {"feed-name": 2}


def test_scores(select):
    """A score is the number itself, else what STIX makes of the level, and has to be there."""
    records = [
        record("a.example", confidence=71),
        record("b.example", confidence="high"),
        record("c.example", confidence="medium"),
        record("d.example", decay_score=[{"score": 90.5, "decayed": False}]),
        "e.example",
    ]
    result = select(records, min_score=71)
    assert result.values == ["a.example", "b.example", "d.example"]
    assert [drop.detail for drop in result.drops] == ["has a score of 50", "has no score"]


def test_decayed(select):
    """What every decaying model of a MISP has given up is left out unless it is asked for."""
    records = [
        record("a.example", decay_score=[{"score": 5, "decayed": True}]),
        record("b.example", decay_score=[{"score": 5, "decayed": True}, {"decayed": False}]),
    ]
    assert select(records).values == ["b.example"]
    assert select(records, keep="decayed").values == ["a.example", "b.example"]


def test_limit(select):
    """What is beyond the limit is counted, duplicates not against it."""
    result = select(["a.example", "a.example", "b.example", "c.example"], limit=2)
    assert result.values == ["a.example", "b.example"]
    assert result.reasons == {"duplicate": 1, "limit": 1}


def test_ages(select):
    """An indicator is too old by its type's age; without a date it never is."""
    records = [
        record("192.0.2.1", last_seen="2026-04-01"),
        record("192.0.2.2", first_seen="2025-01-01", last_seen="2026-05-20"),
        record("a.example", last_seen="2026-04-01"),
        record("b.example", first_seen="2025-04-01"),
        record("c.example"),
        record("T1059", last_seen="2001-01-01"),
    ]
    result = select(records, max_age="default")
    assert result.values == ["192.0.2.2", "a.example", "c.example", "T1059"]
    assert result.reasons == {"age": 2}
    assert select(records, max_age="default,domain=30d").reasons == {"age": 3}


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("30d", 30),
        ("8w", 56),
        ("6m", 180),
        ("1y", 365),
        ("48h", 2),
        (["1d", "ipv4=3d"], 3),
        ("ipv4=3d", 3),
        ({"ipv4": "3d"}, 3),
        (timedelta(days=4), 4),
        ("default", 30),
    ],
)
def test_ages_are_read(given_, expected):
    """Ages are given for all types, for one, as the defaults, or in any mixture."""
    ages = {str(kind): age.days for kind, age in parse_ages(given_).items()}
    assert ages["ipv4"] == expected


def test_default_ages():
    """The defaults are common practice: a month, half a year, a year."""
    ages = {str(kind): age.days for kind, age in default_ages().items()}
    assert (ages["ipv4"], ages["domain"], ages["url"], ages["sha256"]) == (30, 180, 180, 365)
    assert "cve" not in ages


@pytest.mark.parametrize(
    "given_", ["", "30", "d", "ipv5=3d", "ipv4=", "-3d", "9999999d", "999999y"]
)
def test_ages_that_mean_nothing(given_):
    """What is no age is refused."""
    with pytest.raises(SelectionError, match=r"^max-age: "):
        parse_ages(given_)


def test_revoked_and_expired(select):
    """What its source has withdrawn, or let expire, is left out unless it is asked for."""
    records = [
        record("a.example", revoked=True),
        record("b.example", valid_until="2026-05-31"),
        record("c.example", valid_until="2026-06-02", revoked=False),
    ]
    assert select(records).values == ["c.example"]
    assert select(records).reasons == {"revoked": 1, "expired": 1}
    assert len(select(records, keep=["revoked", "expired"]).values) == 3


def test_merging(select):
    """Records of one value become one, with the most that they say together."""
    result = select(
        [
            record(
                "bad[.]example",
                confidence="low",
                first_seen="2026-02-01",
                last_seen="2026-03-01",
                tags=["a"],
                tlp="green",
                source={"feed_name": "one"},
                revoked=True,
            ),
            "other.example",
            record(
                "BAD.example.",
                confidence="high",
                first_seen="2026-01-01",
                last_seen="2026-02-01",
                tags=["b", "a"],
                tlp="red",
                context="a C2",
                mitre_techniques=["T1059"],
                source={"feed_name": "two"},
                valid_until="2030-01-01",
            ),
        ]
    )
    assert result.values == ["bad.example", "other.example"]
    assert result.reasons == {"duplicate": 1}
    first = result.indicators[0]
    assert (first.first_seen.month, first.last_seen.month) == (1, 3)
    assert first.confidence is Confidence.HIGH
    assert [source.feed_name for source in first.sources] == ["one", "two"]
    assert (first.tags, first.techniques, first.tlp) == (("a", "b"), ("T1059",), "red")
    assert (first.context, first.revoked, first.valid_until) == ("a C2", False, None)


def test_merging_comes_before_dates(select):
    """A later sighting in another record saves an indicator that alone would be too old."""
    records = [
        record("192.0.2.1", last_seen="2020-01-01"),
        record("192.0.2.1", last_seen="2026-05-30"),
    ]
    result = select(records, max_age="default", since="2026-05-01")
    assert result.values == ["192.0.2.1"]
    assert result.indicators[0].last_seen.year == 2026


def test_merging_is_of_one_type(select):
    """Values that are alike but of different types stay apart."""
    digest = "0123456789abcdef0123456789abcdef"
    records = [record(digest, type="domain"), record(digest, type="md5")]
    assert select(records, keep="no-tld").values == [digest, digest]


def test_merging_takes_time_in_proportion(select):
    """A value of many records, each with a tag and source of its own, gathers the first of them."""
    records = [
        record("a.example", tags=[f"t{number}"], source={"feed_name": f"f{number}"})
        for number in range(30_000)
    ]
    (merged,) = select(records).indicators
    assert merged.tags == tuple(f"t{number}" for number in range(MOST_TEXTS))
    assert len(merged.sources) == MOST_TEXTS


VALUES = st.sampled_from([f"n{i}.example" for i in range(9)] + ["10.0.0.1", "co.uk", "x", ""])
DATES = st.one_of(st.none(), st.dates().map(str))
RECORDS = st.lists(
    st.fixed_dictionaries(
        {"value": VALUES},
        optional={
            "first_seen": DATES,
            "last_seen": DATES,
            "confidence": st.sampled_from(["high", "low", None, "odd"]),
            "tags": st.lists(st.sampled_from("abc")),
            "revoked": st.booleans(),
            "source": st.fixed_dictionaries({"feed_name": st.sampled_from("fg")}),
        },
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=60)
@given(RECORDS, st.integers(1, 6), st.booleans())
def test_through_the_disk_or_not(records, chunk, limited):
    """However much waits on the disk, the same indicators come out, and the account is right."""
    options = {"limit": 3} if limited else {}
    expected = select_records(records, **options)
    before = merging.CHUNK
    merging.CHUNK = chunk
    try:
        result = select_records(records, **options)
    finally:
        merging.CHUNK = before
    assert result.indicators == expected.indicators
    assert result.drops == expected.drops
    assert len(set(result.values)) == len(result.values)


@settings(deadline=None, max_examples=60)
@given(RECORDS)
def test_merging_does_not_depend_on_order(records):
    """What is said of a value is the same whichever record comes first, but for its order."""

    def facts(selected):
        return {
            each.value: (
                *(each.first_seen, each.last_seen, each.confidence, each.revoked),
                *(frozenset(each.tags), frozenset(each.sources)),
            )
            for each in selected.indicators
        }

    keep = list(KEEPABLE)
    assert facts(select_records(records, keep=keep)) == facts(
        select_records(records[::-1], keep=keep)
    )


@pytest.mark.parametrize(
    "options",
    [
        {"type": "ipv5"},
        {"since": "yesterday"},
        {"limit": 0},
        {"keep": ["everything"]},
        {"keep": "everything"},
        {"allowlist": "no/such/file"},
        {"tlp": "purple"},
        {"min_score": 101},
        {"min_score": "high"},
    ],
)
def test_selections_that_mean_nothing(options):
    """What cannot be meant is refused at once, and named."""
    with pytest.raises(SelectionError, match=next(iter(options))):
        Selection.parse(**options)


def test_one_reason_or_several():
    """A text stands for itself, not for its letters."""
    assert Selection.parse(keep="private").keep == {"private"}
    assert Selection.parse(type="ipv4").filters.type == ("ipv4",)
