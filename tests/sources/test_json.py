"""JSON: the feed, lists, lines, other people's objects, and what is refused."""

import json

import pytest

from sigma_socdefenders.errors import SourceError, UnrecognisedSourceError

RECORD = {"type": "domain", "value": "bad[.]example", "confidence": "high", "tags": ["a"]}
SHAPES = {
    "feed": {"data": [RECORD], "meta": {"total": 1}, "links": {"next": "https://x.example"}},
    "list": [RECORD],
    "list of texts": ["bad.example"],
    "one record": RECORD,
    "envelope in envelope": {"status": "ok", "data": {"indicators": [RECORD]}},
    "otx": {
        "results": [{"name": "x", "indicators": [{"indicator": "bad.example", "type": "hostname"}]}]
    },
    "threatfox": {"query_status": "ok", "data": [{"ioc": "bad.example", "ioc_type": "domain"}]},
    "abuse.ch export": {"4102": [{"ioc_value": "bad.example", "ioc_type": "domain"}]},
    "by type": {"domains": ["bad.example"], "filenames": ["x.exe"]},
    "typed keys": [{"domain": "bad.example", "description": "x"}],
    "empty page": {"data": []},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("indent", [None, 2])
def test_shapes(reading, shape, indent):
    """Every shape in which JSON lists of indicators come gives the records in it."""
    result = reading(json.dumps(shape, indent=indent))
    assert result.pairs == ([] if shape == {"data": []} else [("domain", "bad.example")])


def test_feed_record_keeps_its_fields(reading):
    """The feed's own record comes through whole."""
    result = reading(json.dumps({"data": [{**RECORD, "source": {"feed_name": "f"}}]}))
    (found,) = result.indicators
    assert (str(found.confidence), found.tags, found.sources[0].feed_name) == ("high", ("a",), "f")


def test_json_lines(reading):
    """Each line is a record; one that is broken is counted, its neighbours are read."""
    lines = [json.dumps({"value": f"n{i}.example"}) for i in range(50)]
    lines[20] = '{"value": "bro'
    result = reading("\n".join(lines))
    assert len(result.indicators) == 49
    assert result.reasons == {"invalid": 1}
    assert str(result.drops[0].position) == "list, line 21"


def test_long_list_is_read_piece_by_piece(reading):
    """A list much longer than what is held at a time comes out whole and in order."""
    values = [f"name-{i}.example" for i in range(20_000)]
    assert reading(json.dumps([{"value": value} for value in values])).values == values
    assert reading(json.dumps(values, indent=1)).values == values


def test_trailing_commas(reading):
    """A comma before a closing bracket, as in one published event, is overlooked."""
    assert reading('{"data": [{"value": "a.example", "context": "x,]"},],}').values == ["a.example"]
    result = reading('[{"value": "a.example",}, {"value": "b.example", "context": ",}"},]')
    assert result.values == ["a.example", "b.example"]
    assert result.indicators[1].context == ",}"


REFUSED = {
    "block list": {"details": {"server": "192.0.2.7", "blockList": ["a.example", "b.example"]}},
    "settings": {"name": "x", "version": 3, "hosts": {"a": "b"}},
    "list of objects": [{"sku": 1, "price": 2}],
    "list of words": ["alpha", "beta"],
    "list of numbers": [1, 2, 3],
    "number": [[[]]],
}


@pytest.mark.parametrize("shape", REFUSED.values(), ids=REFUSED.keys())
def test_other_json_is_refused(reading, shape):
    """Valid JSON that is no list of indicators is refused and not searched for values."""
    with pytest.raises(UnrecognisedSourceError, match=r"^Cannot read 'list': it is (a )?JSON"):
        reading(json.dumps(shape))


@pytest.mark.parametrize(
    "text", ['{"data": [', '{"data": [{"value": "a.example"}', '[{"value": "a.example"}, {"va']
)
def test_truncated(reading, text):
    """A document that ends too early is an error that names it, not a short list."""
    with pytest.raises(SourceError, match=r"^Cannot read 'list'"):
        reading(text)


def test_odd_items_are_counted(reading):
    """An item that is no record is counted among those that are."""
    result = reading(
        json.dumps([RECORD, 7, None, {"x": 1}, {"type": "filename", "value": "a.zip"}])
    )
    assert result.values == ["bad.example"]
    assert result.reasons == {"invalid": 3, "unsupported": 1}


def test_path_that_is_a_whole_url(reading):
    """A URL under the type of a URL's path is a URL; a path is of a type that no rule looks for."""
    values = ("http://bad.example/a", "/gate.php")
    result = reading(json.dumps([{"type": "url_path", "value": value} for value in values]))
    assert result.pairs == [("url", "http://bad.example/a")]
    assert result.reasons == {"unsupported": 1}
