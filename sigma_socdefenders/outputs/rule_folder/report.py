"""What a plan does, in words: a line for the terminal, a list, and a pull request's text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sigma_socdefenders.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sigma_socdefenders.outputs.rule_folder.plan import Change, Changes, Plan

__all__ = ["headline", "left_alone", "listing", "markdown"]

_SIGNS = {"added": "+", "changed": "~", "deprecated": "=", "removed": "-"}
_LEFT_ALONE = {
    "edited": "edited by hand, left alone",
    "foreign": "made by hand where a rule belongs, left alone",
}
# GitHub cuts a pull request's text off at 65,536 characters.
_MOST_NAMED = 60
_MOST_INDICATORS = 100
_LONGEST_VALUE = 100
_MOST_LEFT = 20


def headline(plan: Plan) -> str:
    """Return one line of counts, without those that cannot occur in this kind of run."""
    parts = [f"added {len(plan.added)}", f"changed {len(plan.changed)}"]
    parts.append(f"removed {len(plan.removed)}")
    if plan.deprecated:
        parts.append(f"deprecated {len(plan.deprecated)}")
    parts.append(f"unchanged {plan.unchanged}")
    if kept := len(plan.edited) + len(plan.foreign):
        parts.append(f"left alone {kept}")
    return ", ".join(parts)


def listing(plan: Plan) -> Iterator[str]:
    """Yield a line for each file that is not as it should be: a sign, its path, and why."""
    lines = [(path, f"{sign} {path}") for name, sign in _SIGNS.items() for path in _of(plan, name)]
    for name, reason in _LEFT_ALONE.items():
        lines += [(path, f"! {path} ({reason})") for path in _of(plan, name)]
    for _, line in sorted(lines):
        yield line


def left_alone(plan: Plan) -> Iterator[str]:
    """Yield a line for each file that was left alone, the first of many."""
    lines = [line for line in listing(plan) if line.startswith("!")]
    yield from lines[:_MOST_LEFT]
    if len(lines) > _MOST_LEFT:
        yield f"and {len(lines) - _MOST_LEFT} more: --dry-run names them all"


def markdown(plan: Plan, reasons: Mapping[str, str] | None = None) -> str:
    """Return the text of a pull request: what came and went, the counts by type, then the files.

    Of many, the first are named. Indicators are defanged, and stand in code, where no character
    means anything; paths hold no character that Markdown or a link is made of.

    Args:
        plan: what was done, or would be.
        reasons: why values were left out by the selection, for those that went.
    """
    before, after = plan.looked_for, sum(entry.indicators for entry in plan.after.values())
    lines = [
        f"**Rules: {headline(plan)}.**",
        "",
        f"Indicators looked for: {before} before, {after} after.",
        "",
    ]
    if plan.changes is not None:
        lines += _indicators(plan.changes, reasons or {})
    columns = [name for name in (*_SIGNS, *_LEFT_ALONE) if _of(plan, name)]
    if not columns:
        return "\n".join(lines)
    counts = {name: Counter(map(_type, _of(plan, name))) for name in columns}
    names = {"edited": "edited by hand", "foreign": "in the way"}
    lines.append(f"| type | {' | '.join(names.get(name, name) for name in columns)} | rules now |")
    lines.append("|---|" + "--:|" * (len(columns) + 1))
    now = Counter(map(_type, plan.after))
    for kind in sorted({*now, *(kind for counter in counts.values() for kind in counter)}):
        cells = " | ".join(str(counts[name][kind]) for name in columns)
        lines.append(f"| {kind} | {cells} | {now[kind]} |")
    for name in columns:
        paths = _of(plan, name)
        title = _LEFT_ALONE.get(name, name).capitalize()
        lines += ["", f"### {title}", ""]
        lines += [f"- `{path}`" for path in paths[:_MOST_NAMED]]
        if len(paths) > _MOST_NAMED:
            lines.append(f"- and {len(paths) - _MOST_NAMED} more")
    lines.append("")
    return "\n".join(lines)


def _indicators(changes: Changes, reasons: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines about what came and went, and why it went."""
    why = {one: _reason(one, reasons) for one in changes.went}
    for title, listed in (("gone", changes.went), ("new", changes.came)):
        if not listed:
            continue
        counts = Counter(one.type for one in listed)
        by_type = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
        yield from (f"### {len(listed)} {title}", "", f"By type: {by_type}.", "")
        if title == "gone":
            told = ", ".join(f"{reason} {n}" for reason, n in sorted(Counter(why.values()).items()))
            yield from (f"Why: {told}.", "")
        for one in listed[:_MOST_INDICATORS]:
            said = f" ({why[one]})" if title == "gone" else ""
            yield f"- {one.type} `{_defanged(one.value)}`{said}"
        if len(listed) > _MOST_INDICATORS:
            yield f"- and {len(listed) - _MOST_INDICATORS} more"
        yield ""


def _reason(change: Change, reasons: Mapping[str, str]) -> str:
    given = reasons.get(change.value)
    if given is None and change.type == "url":
        given = reasons.get(f"http://{change.value}") or reasons.get(f"https://{change.value}")
    return given or "no longer listed"


def _defanged(value: str) -> str:
    return shorten(value, _LONGEST_VALUE).replace(".", "[.]").replace("`", "'")


def _of(plan: Plan, name: str) -> list[str]:
    paths: list[str] = getattr(plan, name)
    return paths


def _type(path: str) -> str:
    return path.partition("/")[0]
