"""Every format that a product imports carries the very queries that were run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from cases import CASES
from hostile import URLS

from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.rules.build import BuiltRule
from sigma_socdefenders.targets import TARGETS, Target, convert, find_target, render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engines import Engine

# `data_model` and `dsl` are query languages of their own; their queries are run themselves.
_FORMATS = [
    (target.name, output_format)
    for target in TARGETS.values()
    for output_format in target.formats
    if output_format not in ("default", "data_model", "dsl")
]


def _rules() -> list[BuiltRule]:
    records = [{"type": "url", "value": url} for url in URLS.values()]
    records += [{"type": case.type, "value": case.spellings[0]} for case in CASES]
    collection = SocDefendersCollection.from_records(records)
    return [BuiltRule(rule, ()) for rule in collection.rules]


def _converted(target: Target, output_format: str) -> tuple[str, set[str]]:
    """The text of a format, and the titles of the rules that it has no place for."""
    left_out: set[str] = set()
    result = convert(
        _rules(), target, output_format, on_error=lambda built, _: left_out.add(built.rule.title)
    )
    return render(result), left_out


def _documents(text: str) -> Iterator[Any]:
    """The JSON documents of a text, one behind the other."""
    decoder = json.JSONDecoder()
    position = 0
    while position < len(text):
        document, position = decoder.raw_decode(text, position)
        yield document
        position += len(text[position:]) - len(text[position:].lstrip())


def _texts(document: Any) -> Iterator[str]:
    """Every text in a document, and in documents that are texts in it."""
    if isinstance(document, str):
        yield document
        if document.startswith("{") and not document.startswith("{{"):  # a monitor's placeholder
            yield from _texts(json.loads(document))
    elif isinstance(document, (dict, list)):
        for value in document.values() if isinstance(document, dict) else document:
            yield from _texts(value)


def _saved_searches(text: str) -> set[str]:
    """The searches of a `.conf` file; a backslash before a line break continues a setting."""
    settings = re.findall(r"(?m)^search = (.*)$", text.replace("\\\n", "\0"))
    # Between two values of a list, a line break is no more than the blank in the query.
    listed = (re.sub('", \0(?=")', '", ', setting) for setting in settings)
    return {setting.replace(" \0", "\n") for setting in listed}


def _without_additions(search: str) -> str:
    """The query in a detection: without the fields named behind it, and the macro for filters."""
    query = re.sub(r"(\n\| fields [^\n|]*, \*)?\n\| `\w+_filter`\Z", "", search)
    assert query != search
    return re.sub('",\n(?=")', '", ', query)


@pytest.mark.parametrize(("name", "output_format"), _FORMATS)
def test_the_queries_are_the_same(name: str, output_format: str) -> None:
    """Whatever characters they hold, the queries come out of the format as they went in."""
    target = find_target(name)
    text, left_out = _converted(target, output_format)
    expected = {
        query
        for built in _rules()
        if built.rule.title not in left_out
        for query in convert([built], target, target.base_formats.get(output_format, "default"))
    }
    assert len(expected) > len(URLS)
    if output_format == "filter":
        expected = {
            re.sub(r"(?s)\ASELECT .*? WHERE (.*) LAST \d+ MINUTES\Z", r"\1", e) for e in expected
        }
        found = set(text.removesuffix("\n").split("\n\n"))
    elif output_format.endswith("savedsearches"):
        expected = {query.strip() for query in expected}
        found = _saved_searches(text)
    elif output_format.endswith("contentctl"):
        expected = {query.strip() for query in expected}
        found = {_without_additions(one["search"]) for one in yaml.safe_load_all(text)}
    else:
        found = {one for document in _documents(text) for one in _texts(document)}
    # An analytics rule names the algorithm of a digest, and finds no alerts of such rules; a
    # custom detection has what it shows in a column.
    added = r"\n\| (?:extend \w+ = |where ProviderName !startswith ).*\Z"
    assert expected <= {re.sub(added, "", one) for one in found}


def test_entities_are_columns(sentinel: Engine) -> None:
    """What an analytics rule maps to entities are columns of its query's result."""
    text, _ = _converted(find_target("sentinel"), "analytics_rule")
    (template,) = _documents(text)
    for resource in template["resources"]:
        properties = resource["properties"]
        columns = {
            field["columnName"]
            for entity in properties["entityMappings"]
            for field in entity["fieldMappings"]
        }
        assert columns
        columns |= set(properties.get("customDetails", {}).values())
        sentinel.parse(f"{properties['query']}\n| project {', '.join(sorted(columns))}")


def test_detections_return_what_defender_asks_for(defender: Engine) -> None:
    """A custom detection's query returns `Timestamp`, `ReportId` and the assets that it names."""
    text, _ = _converted(find_target("defender"), "detection_rule")
    documents = list(_documents(text))
    assert documents
    for document in documents:
        mappings = document["detectionAction"]["alertTemplate"]["entityMappings"]
        columns = {column for kind in mappings.values() for one in kind for column in one.values()}
        assert columns
        query = document["queryCondition"]["queryText"]
        defender.parse(f"{query}\n| project Timestamp, ReportId, {', '.join(sorted(columns))}")
