"""STIX patterns, read by the published parser, down to the values that each alone indicates.

One indicator says "this value was seen". A pattern says the same where it compares one property
for equality, or lists alternatives; where it needs two observables together, an order, a count
or an expression, no single indicator says what it says.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain, product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from sigma_socdefenders.audit.skipped import Reason, Refusal
from sigma_socdefenders.indicators.ioc_types import HASHES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Comparison", "PatternError", "alternatives", "hint_of_path"]

_LONGEST = 200_000
_MOST_ALTERNATIVES = 10_000
_MOST_TERMS = 100_000
# Texts and comments have to end: for one that does not, the parser reads all of the rest anew at
# each place where it might begin.
_WHOLE = re.compile(r"(?:[^'/]|'(?:[^'\\]|\\.)*'|/\*.*?\*/|/(?!\*))*", re.DOTALL)
_PLAIN = {
    "ipv4-addr:value": "host",
    "ipv6-addr:value": "host",
    "domain-name:value": "domain",
    "url:value": "url",
    "email-addr:value": "email",
    "email-message:from_ref.value": "email",
    "email-message:sender_ref.value": "email",
    "network-traffic:dst_ref.value": "host",
    "network-traffic:src_ref.value": "host",
    "domain-name:resolves_to_refs[*].value": "host",
    "vulnerability:name": "cve",
}
# Properties that only narrow down what another comparison already says of the same object.
_NARROWING = (
    ".type",
    "_port",
    ":protocols",
    ":size",
    ":name",
    ":mime_type",
    ":is_active",
    ":parent_directory_ref.path",
)


class PatternError(Exception):
    """A text that is no STIX pattern; the message says where."""


class Comparison(NamedTuple):
    """A value, and what its property says that it is (as in `values.in_cell`)."""

    hint: str
    value: str


class _Term(NamedTuple):
    """One comparison of the pattern: a path, and the values it may equal or why it is more."""

    path: str
    values: tuple[str, ...]
    problem: str | None


def hint_of_path(path: str) -> str | None:
    """Return what an object path holds (`md5`, `host` …), or None if no indicator type is that."""
    if path in _PLAIN:
        return _PLAIN[path]
    head, mark, last = path.rpartition("hashes.")
    if mark and (head == "file:" or head.endswith(("image_ref.", "binary_ref.", "payload_ref."))):
        word = last.strip("'\"").lower().replace("-", "").replace("_", "")
        return word if word in HASHES else None
    return None


@lru_cache(maxsize=1)
def _parser() -> Callable[[str], Any]:
    from stix2patterns.exceptions import ParseException  # noqa: PLC0415 - ANTLR: 30 ms
    from stix2patterns.v21.pattern import Pattern  # noqa: PLC0415 - see above

    def parse(text: str) -> Any:
        try:
            tree = Pattern(text)
        except ParseException as error:
            raise PatternError(str(error)) from error
        return tree.visit(_Tree())

    class _Tree:
        """Hands out the parse tree itself: the library only shows it to visitors."""

        def visit(self, tree: Any) -> Any:
            return tree

    return parse


def alternatives(pattern: str) -> list[Comparison | Refusal]:
    """Return the values any of which a pattern matches, and the parts that no value expresses.

    Raises:
        PatternError: it is no pattern; a missing opening bracket alone is forgiven.
    """
    if len(pattern) > _LONGEST:
        raise PatternError(f"is longer than {_LONGEST} characters")
    text = pattern.strip()
    if text.endswith("]") and "[" not in text.split("'", 1)[0]:
        text = f"[{text}"
    if _WHOLE.fullmatch(text) is None:
        raise PatternError("has a text or comment that does not end")
    try:
        tree = _parser()(text)
        return list(dict.fromkeys(_observations(tree)))
    except RecursionError:
        raise PatternError("is nested too deeply") from None


def _kind(tree: Any) -> str:
    return type(tree).__name__.removesuffix("Context")


def _children(tree: Any) -> list[Any]:
    """Return the subexpressions of a node, without its brackets and operators."""
    return [tree.getChild(i) for i in range(tree.getChildCount()) if _is_rule(tree.getChild(i))]


def _is_rule(tree: Any) -> bool:
    return hasattr(tree, "getRuleIndex")


def _observations(tree: Any) -> Iterator[Comparison | Refusal]:
    kind = _kind(tree)
    if kind == "Pattern":
        yield from _observations(_children(tree)[0])
    elif kind in ("ObservationExpressions", "ObservationExpressionOr", "ObservationExpressionAnd"):
        parts = _flat(tree, kind)
        if len(parts) > 1 and kind != "ObservationExpressionOr":
            joined = "FOLLOWEDBY" if kind == "ObservationExpressions" else "AND"
            yield _says_more(f"{joined} between observations")
            return
        for part in parts:
            yield from _observations(part)
    elif kind == "ObservationExpressionCompound":
        yield from _observations(_children(tree)[0])
    elif kind == "ObservationExpressionSimple":
        yield from _comparisons(_children(tree)[0])
    else:
        yield _says_more(kind.removeprefix("ObservationExpression").upper() + " qualifier")


def _says_more(what: str) -> Refusal:
    return Refusal(Reason.PATTERN, f"no single indicator says {what}")


def _flat(tree: Any, kind: str) -> list[Any]:
    """Return the operands of a chain of one operator, which the grammar nests to the left."""
    parts: list[Any] = []
    while _kind(tree) == kind and len(children := _children(tree)) > 1:
        parts.append(children[-1])
        tree = children[0]
    if _kind(tree) == kind:
        tree = _children(tree)[0]
    return [tree, *reversed(parts)]


def _comparisons(tree: Any) -> Iterator[Comparison | Refusal]:
    for terms in _conjunctions(tree):
        yield from _together(terms)


def _conjunctions(tree: Any) -> list[tuple[_Term, ...]]:
    """Return a comparison expression as alternatives of comparisons that hold together."""
    kind = _kind(tree)
    if kind == "ComparisonExpression":
        return [terms for part in _flat(tree, kind) for terms in _conjunctions(part)]
    if kind == "ComparisonExpressionAnd":
        parts = [_conjunctions(part) for part in _flat(tree, kind)]
        number = prod(map(len, parts))
        if number > _MOST_ALTERNATIVES or number * len(parts) > _MOST_TERMS:
            raise PatternError(f"has more than {_MOST_ALTERNATIVES} alternatives")
        return [tuple(chain.from_iterable(each)) for each in product(*parts)]
    if kind == "PropTestParen":
        return _conjunctions(_children(tree)[0])
    return [(_term(tree, kind),)]


_OPERATORS = {
    "PropTestRegex": "a regular expression (MATCHES)",
    "PropTestOrder": "an order (<, >)",
    "PropTestIsSuperset": "ISSUPERSET",
    "PropTestExists": "EXISTS",
}


def _term(tree: Any, kind: str) -> _Term:
    path = ""
    values: list[str] = []
    operators = set()
    for i in range(tree.getChildCount()):
        child = tree.getChild(i)
        name = _kind(child)
        if name == "ObjectPath":
            path = child.getText()
        elif name in ("PrimitiveLiteral", "OrderableLiteral"):
            values.append(_literal(child.getText()))
        elif name == "SetLiteral":
            values.extend(_literal(each.getText()) for each in _children(child))
        elif kind in ("PropTestLike", "PropTestRegex", "PropTestIsSubset", "PropTestIsSuperset"):
            if child.getText().startswith("'"):
                values.append(_literal(child.getText()))
            else:
                operators.add(child.getText().upper())
        else:
            operators.add(child.getText().upper())
    problem = _OPERATORS.get(kind)
    if operators & {"NOT", "!=", "<>"}:
        problem = "a negation"
    elif kind == "PropTestLike" and any("%" in value or "_" in value for value in values):
        problem = "wildcards (LIKE)"
    return _Term(path, tuple(values), problem)


def _literal(text: str) -> str:
    if not text.startswith("'"):
        return text
    inner = text[1:-1]
    return inner.replace("\\'", "'").replace("\\\\", "\\") if "\\" in inner else inner


def _together(terms: tuple[_Term, ...]) -> Iterator[Comparison | Refusal]:
    """Yield what comparisons that hold together come to.

    Hashes of one file each stand for it, and all else that is said of the file follows from them.
    What narrows another value down, such as the port beside an address, is left out, as a rule on
    the address has no place for it.
    """
    telling = [term for term in terms if hint_of_path(term.path) is not None]
    others = [term for term in terms if hint_of_path(term.path) is None]
    if not telling:
        paths = list(dict.fromkeys(term.path for term in others))
        if len(paths) > 1:
            yield _says_more(" AND ".join(paths))
        else:
            yield Refusal(Reason.UNSUPPORTED, f"no rule looks at {paths[0]}")
        return
    for term in terms:
        if term.problem is not None:
            yield _says_more(f"{term.problem} on {term.path}")
            return
    objects = {term.path.partition(":")[0] for term in terms}
    hashes = [term for term in telling if "hashes." in term.path]
    narrowing = all(_narrows(term.path, beside_hash=bool(hashes)) for term in others)
    if len(objects) > 1 or not narrowing or len(hashes) != len(telling) > 1:
        yield _says_more("AND of " + ", ".join(sorted({term.path for term in terms})))
        return
    for term in telling:
        for value in term.values:
            yield Comparison(hint_of_path(term.path) or "any", value)


def _narrows(path: str, *, beside_hash: bool) -> bool:
    of_file = path.startswith("file:") or "hashes." in path
    return (beside_hash and of_file) or path.endswith(_NARROWING)
