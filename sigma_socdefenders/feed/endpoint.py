"""`GET /api/v1/iocs/sigma`: the feed's own ready-made rules, to compare with ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from sigma_socdefenders.errors import AnswerError, IncompleteError, ParameterError, UnreachableError
from sigma_socdefenders.feed.pages import LARGEST_PAGE
from sigma_socdefenders.http.failures import Transient

if TYPE_CHECKING:
    from sigma_socdefenders.http.connection import Answer
    from sigma_socdefenders.http.requester import Requester
    from sigma_socdefenders.indicators.filters import Filters

__all__ = ["read_rules"]

PATH = "/api/v1/iocs/sigma"
_ACCEPT = "application/yaml, text/yaml, application/x-yaml;q=0.9, text/plain;q=0.5"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_rules(requester: Requester, query: Filters) -> list[dict[str, Any]]:
    """Return the rules that the endpoint makes of a query's indicators, in its order.

    Args:
        requester: sends the requests, one for each type.
        query: `limit` is at most 10,000; without one, all rules are asked for.

    Raises:
        ParameterError: the limit is larger, or the query names a category, which the endpoint
            does not take.
        IncompleteError: without a limit, an answer is as full as it can be.
        TierError: the key is not a Pro key.
        FeedError: the endpoint cannot be read.
    """
    if query.limit is not None and query.limit > LARGEST_PAGE:
        raise ParameterError(f"limit '{query.limit}' is more than the endpoint's {LARGEST_PAGE}")
    if query.category is not None:
        raise ParameterError("category is not a parameter of the rules' endpoint")
    rules: list[dict[str, Any]] = []
    for kind in query.type or (None,):
        wanted = LARGEST_PAGE if query.limit is None else query.limit - len(rules)
        if wanted == 0:
            break
        parameters = query.parameters() | {"limit": str(wanted)}
        if kind is not None:
            parameters["type"] = kind.value
        found = requester.fetch(requester.url(PATH, parameters), _ACCEPT, _read)
        if query.limit is None and len(found) >= LARGEST_PAGE:
            raise IncompleteError(
                f"the endpoint gives no more than {LARGEST_PAGE} rules at a time, and there may be "
                "more: ask for a later 'since', or set a limit"
            )
        rules.extend(found)
    return rules


def _read(answer: Answer) -> list[dict[str, Any]]:
    if "html" in answer.headers.get("content-type", "") or answer.body.lstrip()[:1] == b"<":
        raise AnswerError(
            f"{answer.url.copy_with(query=None)} answered with a web page, not YAML: "
            "check the base URL",
            status=answer.status,
        )
    try:
        documents = list(yaml.load_all(answer.body, _LOADER))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where is not None else ""
        broken = UnreachableError(f"the feed's YAML breaks off or is malformed{line}")
        raise Transient(broken) from None
    rules = [document for document in documents if document is not None]
    if not all(isinstance(rule, dict) for rule in rules):
        raise AnswerError("the feed's YAML holds something else than rules")
    return rules
