"""The parameters of ASIM's unifying parsers, as the conditions that Microsoft documents.

After "Filtering parser parameters" of the schemas DNS, file event, network session and web session:
`starttime` leaves out older events (the events here are all new), `dvcaction` and `eventtype_in`
those of other kinds, `…_has_any` keeps those whose field has any of the terms, `…_has_any_prefix`
those whose address begins with any of the texts. A parameter that a parser does not have, or a list
that is too long, is refused.
"""

from __future__ import annotations

import json
import re

from engines import QuerySyntaxError

__all__ = ["conditions_for_parameters"]

_CALL = re.compile(r"\b(_Im_\w+)\(starttime=ago\([0-9]+m\)((?:, \w+=dynamic\(\[[^\]]*\]\))*)\)")
_ARGUMENT = re.compile(r", (\w+)=dynamic\((\[[^\]]*\])\)")
_FIELDS = {
    ("_Im_Dns", "domain_has_any"): "DnsQuery",
    ("_Im_FileEvent", "eventtype_in"): "EventType",
    ("_Im_NetworkSession", "dvcaction"): "DvcAction",
    ("_Im_NetworkSession", "dstipaddr_has_any_prefix"): "DstIpAddr",
    ("_Im_NetworkSession", "srcipaddr_has_any_prefix"): "SrcIpAddr",
    ("_Im_WebSession", "url_has_any"): "Url",
    ("_Im_WebSession", "srcipaddr_has_any_prefix"): "SrcIpAddr",
}
_MOST_ITEMS = 10_000


def conditions_for_parameters(query: str) -> str:
    """Return a query with a condition in the place of each parameter.

    Raises:
        QuerySyntaxError: a parser has no such parameter, or takes no such list.
    """
    return _CALL.sub(_conditions, query)


def _conditions(call: re.Match[str]) -> str:
    parser, given = call[1], call[2]
    conditions = "".join(_condition(parser, *each) for each in _ARGUMENT.findall(given))
    return f"{parser}{conditions}"


def _condition(parser: str, parameter: str, text: str) -> str:
    field = _FIELDS.get((parser, parameter))
    items = json.loads(text)
    if field is None or not 0 < len(items) <= _MOST_ITEMS:
        raise QuerySyntaxError(f"{parser} takes no {parameter} of {len(items)} items")
    if parameter.endswith("_prefix"):
        pattern = "^(?:" + "|".join(map(re.escape, items)) + ")"
        return f" | where {field} matches regex {json.dumps(pattern)}"
    operator = "in~" if parameter in {"dvcaction", "eventtype_in"} else "has_any"
    return f" | where {field} {operator} ({', '.join(map(json.dumps, items))})"
