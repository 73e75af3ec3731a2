"""What in a query breaks a guideline: one function for each of `kql_guidelines`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .kql_query import Query

KINDS = ("ActionType", "EventType", "DvcAction", "NetworkDirection")
"""Columns that say what kind of event it is."""

# "Filtering parser parameters" of each schema, as far as the columns are asked here.
_PARAMETERS = {
    "_Im_Dns": {"DnsQuery": "domain_has_any"},
    "_Im_NetworkSession": {
        "DstIpAddr": "dstipaddr_has_any_prefix",
        "SrcIpAddr": "srcipaddr_has_any_prefix",
        "DstHostname": "hostname_has_any",
        "DstFQDN": "hostname_has_any",
        "DvcAction": "dvcaction",
    },
    "_Im_WebSession": {"Url": "url_has_any", "SrcIpAddr": "srcipaddr_has_any_prefix"},
    "_Im_FileEvent": {
        "EventType": "eventtype_in",
        **{f"TargetFile{name}": "hashes_has_any" for name in ("MD5", "SHA1", "SHA256", "SHA512")},
    },
    "_Im_ProcessCreate": {},
}


def late(query: Query) -> Iterator[str]:
    if query.operators[0] != "where":
        yield query.lines[1].partition("=")[0].strip("| ")


def timeless(query: Query) -> Iterator[str]:
    if "starttime=ago(" not in query.lines[0]:
        yield query.table


def stamped(query: Query) -> Iterator[str]:
    yield from re.findall(r"\bTimestamp\b", query.bare)


def contained(query: Query) -> Iterator[str]:
    yield from (one.column for one in query.comparisons if one.operator == "contains")


def folded(query: Query) -> Iterator[str]:
    for one in query.comparisons:
        if one.operator in {"=~", "in~"}:
            caseless = [value for value in one.values if value.upper() == value.lower()]
            yield f"{one.column}: {caseless[0]}" if caseless else one.column


def lowered(query: Query) -> Iterator[str]:
    yield from re.findall(r"tolower\(\w+\)", "\n".join(query.filters))


def anywhere(query: Query) -> Iterator[str]:
    yield from re.findall(r"\* (?:has|contains|matches)", query.bare)


def parsed(query: Query) -> Iterator[str]:
    for found in re.finditer(r"parse_json\((\w+)\)", query.text):
        if not re.search(rf"\b{found[1]} has", query.text[: found.start()]):
            yield "of a list" if query.is_lookup else found[1]


def computed(query: Query) -> Iterator[str]:
    made: dict[str, None] = {}
    for line in query.lines:
        if line in query.filters:
            yield from (name for name in made if re.search(rf"\b{name}\b", line))
        made |= dict.fromkeys(re.findall(r"(?:extend|mv-apply|project) (\w+) =", line))


def regular(query: Query) -> Iterator[str]:
    yield from (one.column for one in query.comparisons if one.operator == "matches regex")


def unguarded(query: Query) -> Iterator[str]:
    for one in query.comparisons:
        if one.operator == "matches regex":
            parameter = _PARAMETERS.get(query.table, {}).get(one.column)
            before = re.search(
                r'(\w+) has(?:_any)? (?:"[^"]*"|\([^()]*\)) and $', query.text[: one.start]
            )
            guarded = before is not None and before[1] in one.column
            if not guarded and parameter not in query.parameters:
                yield one.column


def short(query: Query) -> Iterator[str]:
    given = [(one.column, one.values) for one in query.comparisons if one.operator != "range"]
    for name, values in (*given, *query.parameters.items()):
        terms = [re.findall(r"[A-Za-z0-9]+", value) for value in values]
        if any(all(len(term) <= 3 for term in each) for each in terms):
            yield name


def again(query: Query) -> Iterator[str]:
    for name, once in re.findall(r"let (\w+) = (materialize\()?", query.text):
        if not once and len(re.findall(rf"\b{name}\b", query.bare)) > 2:
            yield name


def joined(query: Query) -> Iterator[str]:
    yield from re.findall(r"\bjoin\b", query.bare)


def twice(query: Query) -> Iterator[str]:
    where = query.text.partition("\n")[2].replace("\\", "")
    for name, values in query.parameters.items():
        if any(value in where for value in values):
            yield name


def native(query: Query) -> Iterator[str]:
    if query.target == "sentinel" and not query.table.startswith("_Im_"):
        yield query.table


def unasked(query: Query) -> Iterator[str]:
    for one in query.comparisons:
        parameter = _PARAMETERS.get(query.table, {}).get(one.column)
        if parameter is not None and parameter not in query.parameters:
            ipv6 = any(":" in value for value in one.values) and "addr" in parameter
            of = " of a list" if query.is_lookup else " of IPv6" if ipv6 else ""
            yield f"{parameter}{of}"


def long(query: Query) -> Iterator[str]:
    lists = [one.values for one in query.comparisons if one.operator == "has_any"]
    yield from ("list" for one in (*lists, *query.parameters.values()) if len(one) > 10_000)


def oversized(query: Query) -> Iterator[str]:
    if query.target == "sentinel" and len(query.text) > 10_000:
        yield "length"
    yield from re.findall(r"(?:search|union) \*", query.bare)


def cut(query: Query) -> Iterator[str]:
    if query.target == "defender":
        kept = {"where", "extend", "mv-apply", "lookup"}
        own = r"\| project-away ioc_\w+"
        lines = [line for line in query.lines if not re.fullmatch(own, line)]
        yield from (line for line in lines if line[:2] == "| " and line.split()[1] not in kept)
        yield from re.findall(r"//", query.bare)


def whole(query: Query) -> Iterator[str]:
    if "project" not in query.operators:
        yield "all columns"


def kind_first(query: Query) -> Iterator[str]:
    yield from (one.column for one in query.comparisons[:1] if one.column in KINDS)
