"""What the queries for Elasticsearch and OpenSearch cost Lucene, beside what an expert writes.

`python3 benchmarks/lucene/install.py` gets Lucene 9.9 and 10.5 and makes an index of three million
events for each, with 750,000 distinct values in each field, those of a third of the lists among
them. Times are those of one thread's processor; every form finds the same events.

`bench_lucene.py` prints the tables of docs/cost.md, and `bench_lucene.py email` the rows of a type.
The type `hard` is of names that are long, that repeat themselves, and that are of any script, none
of which an event has; `bench_lucene.py refusals` counts the queries with such names that Lucene
refuses.
"""

from __future__ import annotations

import json
import re
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "lucene"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "execution"))

from engines.process import LineProcess
from install import VERSIONS, command, index
from lists import FIELDS, hard_names, listed

from sigma.pipelines.socdefenders.languages.lucene_regexp import alternative
from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma.pipelines.socdefenders.translate.columns import Match, MatchType
from sigma_socdefenders import SocDefendersCollection
from sigma_socdefenders.selection import KEEPABLE, Selection
from sigma_socdefenders.targets import find_target
from sigma_socdefenders.targets.capacity import QueryCapacity
from sigma_socdefenders.targets.settings import ConversionSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

COUNT, SINGLE = 1_000, 20
_EVERYTHING = Selection(keep=frozenset(KEEPABLE))
_HOST = "dns.question.name"
_TEXT = r'"((?:[^"\\]|\\.)*)"'
_RLIKE = rf"(replace\()?(to_lower\()?{re.escape(_HOST)}\)?(?:, {_TEXT}, {_TEXT}\))? rlike {_TEXT}"


def lucene(version: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what tells the cost of a request to a version of Lucene, or why it is refused."""
    program = LineProcess([*command(version), "run", str(index(version))])

    def ask(request: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(program.ask(json.dumps(request)))
        return answer

    return ask


def queries(
    kind: str,
    values: list[str],
    *,
    target: str = "elastic",
    output_format: str = "default",
    profile: str = "default",
    grouped: bool = True,
    deployment: Deployment | None = None,
) -> list[Any]:
    """Return a list's queries for a target: texts, or the clauses of the format dsl."""
    settings = ConversionSettings(deployment or Deployment())
    rules = SocDefendersCollection.from_records(
        [{"type": kind, "value": value} for value in values],
        profile=profile,
        group=QueryCapacity(target, settings=settings) if grouped else None,
        selection=_EVERYTHING,
    )
    found: list[Any] = find_target(target).make_backend(output_format, settings).convert(rules)
    return [one["query"] if isinstance(one, dict) else one for one in found]


def forms(kind: str, values: list[str]) -> dict[str, list[list[dict[str, Any]]]]:
    """Return the queries of each way to look for a list, each as the requests that it makes."""
    found = {
        "one query an indicator": queries(kind, values[:SINGLE], grouped=False),
        "grouped": queries(kind, values),
        "-f dsl": queries(kind, values, output_format="dsl"),
    }
    if kind == "domain":
        found["--subfield"] = queries(kind, values, deployment=Deployment(subfield="hierarchy"))
    if kind == "email":
        lower = Deployment(email_subfield="lower")
        found["--email-subfield"] = queries(kind, values, deployment=lower)
    requests: dict[str, list[list[dict[str, Any]]]] = {
        form: [[{"query": query}] for query in listed] for form, listed in found.items()
    }
    if kind == "domain":
        requests["-t esql"] = [_of_esql(query) for query in queries(kind, values, target="esql")]
        requests["-t eql"] = [_of_eql(query) for query in queries(kind, values, target="eql")]
        matches = (Match(MatchType.DOMAIN, value) for value in values)
        spelled = (alternative(match, fold=True, closing_dot=True) for match in matches)
        requests["an expression a name, no merging"] = [
            [{"field": _HOST, "regexps": [str(one)]}] for one in spelled
        ]
    return requests


def _of_esql(query: str) -> list[dict[str, Any]]:
    """Return what a query for names asks of the index, and the expressions of its second step.

    Elasticsearch compares the latter itself, with few events: here they are compiled alone.
    """
    clauses, compared = [], []
    for again, lower, *_, text in re.findall(_RLIKE, query):
        if again:
            compared.append(_unescaped(text))
        else:
            clauses.append(_clause(text, fold=bool(lower)))
    requests: list[dict[str, Any]] = [{"query": {"bool": {"should": clauses}}}]
    if compared:
        requests.append({"field": _HOST, "regexps": compared, "parse": True})
    return requests


def _of_eql(query: str) -> list[dict[str, Any]]:
    """Return what a query for names asks of the index."""
    texts = re.findall(_TEXT, query.partition("regex~")[2])
    return [{"query": {"bool": {"should": [_clause(text, fold=True) for text in texts]}}}]


def _clause(text: str, *, fold: bool) -> dict[str, Any]:
    return {"regexp": {_HOST: {"value": _unescaped(text), "case_insensitive": fold}}}


def _unescaped(text: str) -> str:
    return text.replace(r"\\", "\\")


def main(kinds: Iterable[str] = FIELDS) -> None:
    """Measure and print the tables of the types, as Markdown."""
    for version in VERSIONS:
        ask = lucene(version)
        print(f"\nLucene {version}, {COUNT:,} indicators of each type:\n")
        print("| type | form | queries | CPU time, s | of the longest query, s | automata, MB |")
        print("|---|---|---|---|---|---|")
        for kind in kinds:
            values = hard_names(COUNT) if kind == "hard" else listed(kind, COUNT)
            for form, asked in forms("domain" if kind == "hard" else kind, values).items():
                ask(asked[0][0])  # the JVM has compiled what it needs
                answers = [[ask(request) for request in requests] for requests in asked]
                every = [answer for of_query in answers for answer in of_query]
                if refused := [answer["refused"] for answer in every if "refused" in answer]:
                    print(f"| {kind} | {form} | refused: {refused[0]} |", flush=True)
                    continue
                seconds, memory = (
                    [sum(answer[key] for answer in of_query) for of_query in answers]
                    for key in ("seconds", "bytes")
                )
                times = COUNT / SINGLE if form.startswith("one query") else 1
                hits = sum(answer["hits"] for answer in every)
                print(
                    f"| {kind} | {form} | {round(len(asked) * times):,} |"
                    f" {sum(seconds) * times:.3g} | {max(seconds):.2g} | {max(memory) / 1e6:.1f} |",
                    f"<!-- {hits} -->",
                    flush=True,
                )


def refusals() -> None:
    """Count the queries that are refused."""
    for version in VERSIONS:
        ask = lucene(version)
        asked = refused = 0
        for request in _hard_requests():
            asked += 1
            answer = ask({**request, "parse": True})
            if "refused" in answer:
                refused += 1
                print(answer["refused"], str(request)[:200])
        print(f"Lucene {version}: {asked:,} queries, {refused:,} refused", flush=True)


def _hard_requests() -> Iterator[dict[str, Any]]:
    lists = {"domain": [*hard_names(COUNT), *listed("domain", COUNT)]}
    lists |= {kind: listed(kind, COUNT // 5) for kind in FIELDS if kind != "domain"}
    for kind, values in lists.items():
        for output_format, profile, grouped in product(
            ("default", "dsl"), ("default", "broad"), (True, False)
        ):
            found = queries(
                kind, values, output_format=output_format, profile=profile, grouped=grouped
            )
            yield from ({"query": query} for query in found)
    for query in queries("domain", lists["domain"], target="esql"):
        yield from _of_esql(query)


if __name__ == "__main__":
    refusals() if sys.argv[1:] == ["refusals"] else main(sys.argv[1:] or FIELDS)
