"""Draws the pictures of the pages from what the program and its tests say.

`pytest tests/test_pictures.py --update-golden` writes them anew.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["coverage", "terminal"]

_MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"
_SANS = "system-ui, -apple-system, 'Segoe UI', sans-serif"
_LINE, _CHARACTER, _MARGIN = 20, 8.2, 18
_WIDEST = 100
_CELL = re.compile(r"(\d+) of (\d+) / (\d+) of (\d+)")


def terminal(prompts: Sequence[tuple[str, str]]) -> str:
    """Return an SVG of a terminal: each command, and what it printed; long lines are cut."""
    lines = [
        (kind, line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…")
        for command, printed in prompts
        for kind, line in (
            ("command", f"$ {command}"),
            *(("out", s) for s in printed.split("\n")),
            ("out", ""),
        )
    ][:-1]
    width = round(_MARGIN * 2 + _CHARACTER * _WIDEST)
    height = _MARGIN * 2 + _LINE * len(lines) + 20
    rows = "\n".join(
        f'<text x="{_MARGIN}" y="{_MARGIN + 34 + _LINE * number}" xml:space="preserve" '
        f'class="{kind}">{escape(line)}</text>'
        for number, (kind, line) in enumerate(lines)
    )
    dots = "".join(
        f'<circle cx="{22 + 18 * number}" cy="18" r="5.5" fill="{colour}"/>'
        for number, colour in enumerate(("#ec6a5e", "#f4bf4f", "#61c554"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="A run of sigma-socdefenders in a terminal">\n'
        f"<style>text{{font:13.5px {_MONO};fill:#d8dee9}}.command{{fill:#8fd3ff}}</style>\n"
        f'<rect width="{width}" height="{height}" rx="9" fill="#1f2430"/>{dots}\n{rows}\n</svg>\n'
    )


def coverage(page: str) -> str:
    """Return an SVG of the table of `execution.md`: indicator types by targets.

    A cell is full where every event that shows the indicator was found and every near miss left
    alone; it says how many events that were. A missing cell is drawn empty.
    """
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("| ")
    ]
    header = rows[0][1:]
    table = [row for row in rows[1:] if any(map(_CELL.match, row[1:]))]
    left, top, wide, high = 120, 118, 74, 30
    width, height = left + wide * len(header) + 12, top + high * len(table) + 40
    parts = []
    for column, name in enumerate(header):
        x = left + wide * column + wide / 2
        parts.append(
            f'<text x="{x}" y="{top - 12}" transform="rotate(-38 {x} {top - 12})">'
            f"{escape(name)}</text>"
        )
    for number, (kind, *cells) in enumerate(table):
        y = top + high * number
        parts.append(f'<text x="{left - 12}" y="{y + 20}" text-anchor="end">{escape(kind)}</text>')
        for column, cell in enumerate(cells):
            parts.append(_cell(left + wide * column, y, wide - 4, high - 4, cell))
    parts.append(
        f'<text x="{left}" y="{height - 12}" class="note">events run: every one that shows the '
        "indicator was found, every near miss left alone</text>"
    )
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-label="Coverage by indicator type and target">\n'
        f"<style>text{{font:13px {_SANS};fill:#24292f}}.in{{fill:#fff;text-anchor:middle}}"
        f".note{{fill:#57606a;font-size:12px}}</style>\n"
        f'<rect width="{width}" height="{height}" rx="9" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _cell(x: float, y: float, wide: float, high: float, text: str) -> str:
    if (found := _CELL.match(text)) is None:
        return (
            f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="4" fill="none" '
            'stroke="#d0d7de"/>'
        )
    hits, shown, spared, near = map(int, found.groups())
    colour = "#1a7f37" if (hits, spared) == (shown, near) else "#bc4c00"
    label = f"{hits + spared}" if (hits, spared) == (shown, near) else f"{hits}/{shown}"
    return (
        f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="4" fill="{colour}"/>'
        f'<text x="{x + wide / 2}" y="{y + high / 2 + 4.5}" class="in">{label}</text>'
    )
