"""The table of options that say which records are kept, how they are read, and what is told."""

from __future__ import annotations

import click

from sigma_socdefenders.indicators.tlp import TLP_LABELS
from sigma_socdefenders.selection import KEEPABLE

__all__ = ["SELECTION_OPTIONS"]

SELECTION_OPTIONS = (
    click.option(
        "--type",
        multiple=True,
        metavar="TYPE",
        help="Only this type of indicator, such as ipv4 or domain; repeatable.",
    ),
    click.option(
        "--since",
        metavar="TIME",
        help="Only what was added or updated after TIME (ISO 8601), or, of the feed and servers, "
        "after the last complete run of the same query: last.",
    ),
    click.option(
        "--confidence",
        type=click.Choice(["high", "medium", "low"]),
        help="Only this level of confidence.",
    ),
    click.option(
        "--industry",
        metavar="SECTOR",
        help="Only what concerns a CISA sector, such as energy.",
    ),
    click.option("--category", metavar="NAME", help="Only sources of this category."),
    click.option("--limit", type=click.IntRange(min=1), help="Keep at most this many indicators."),
    click.option(
        "--tlp",
        type=click.Choice(TLP_LABELS, case_sensitive=False),
        help="Only indicators with this TLP label, a less strict one, or none.",
    ),
    click.option(
        "--tag",
        multiple=True,
        metavar="NAME",
        help="Only what has this tag or ATT&CK technique; * stands for any text; repeatable.",
    ),
    click.option(
        "--not-tag",
        multiple=True,
        metavar="NAME",
        help="Leave out what has this tag or technique; repeatable.",
    ),
    click.option(
        "--feed-name",
        multiple=True,
        metavar="NAME",
        help="Only what this feed, organisation or author has published; * stands for any text; "
        "repeatable.",
    ),
    click.option(
        "--not-feed-name",
        multiple=True,
        metavar="NAME",
        help="Leave out what this feed, organisation or author has published; repeatable.",
    ),
    click.option(
        "--min-score",
        type=click.FloatRange(0, 100),
        metavar="NUMBER",
        help="Only what has this score or a higher one, from 0 to 100.",
    ),
    click.option(
        "--max-age",
        multiple=True,
        metavar="AGE",
        help="Leave out what was last seen longer ago: 30d, 8w, 6m (months), 1y, TYPE=AGE, or "
        "default; repeatable.",
    ),
    click.option(
        "--allowlist",
        multiple=True,
        metavar="FILE",
        help="Leave out what would fire on a value, network or name listed in FILE; repeatable.",
    ),
    click.option(
        "--warninglists",
        multiple=True,
        metavar="NAME",
        help="Leave out what is on a warning list of MISP: a list's name, a category such as "
        "sites or hosting, or all; repeatable.",
    ),
    click.option(
        "--not-warninglists",
        multiple=True,
        metavar="NAME",
        help="Ignore these of the warning lists; repeatable.",
    ),
    click.option(
        "--keep",
        multiple=True,
        type=click.Choice([reason.value for reason in KEEPABLE]),
        metavar="REASON",
        help=f"Keep what is otherwise left out as {', '.join(KEEPABLE)}; repeatable.",
    ),
    click.option(
        "--keep-private", is_flag=True, help="Keep private and reserved addresses: --keep private."
    ),
    click.option(
        "--to-ids",
        type=click.Choice(["auto", "only", "all"]),
        default="auto",
        show_default=True,
        help="Of MISP events and STIX bundles take what is marked for detection (only), all that "
        "can be detected, or what is marked where anything is (auto).",
    ),
    click.option(
        "--input-format",
        type=click.Choice(
            ["auto", "list", "report", "html", "csv", "json", "jsonl", "openioc", "sigma"]
        ),
        default="auto",
        show_default=True,
        help="Read sources in this format instead of detecting it: plain text, Markdown or "
        "AsciiDoc, HTML, any delimited table, JSON (STIX and MISP too), JSON Lines, OpenIOC, "
        "Sigma rules.",
    ),
    click.option(
        "--explain",
        multiple=True,
        metavar="VALUE",
        help="Say what happened to VALUE, in each of its records; repeatable.",
    ),
    click.option(
        "--report",
        metavar="FILE",
        help="Write every record that was left out to FILE (JSON Lines).",
    ),
)
