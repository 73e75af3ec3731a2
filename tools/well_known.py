"""Write the well-known sites and services anew, from MISP's warning lists.

    python3 tasks.py well-known

Needs the package `pymispwarninglists`. What the lists say is carried over, nothing else of them.
"""

from __future__ import annotations

import json
from collections import Counter
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sigma_socdefenders.indicators.normalize import IndicatorType, canonical
from sigma_socdefenders.indicators.public_suffix import ends_in_known_tld, is_public_suffix

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = Path(__file__).parent.parent / "sigma_socdefenders" / "selection" / "well_known_sites.txt"
POPULAR = ("moz-top500", "alexa", "cisco_top1000", "tranco10k", "majestic_million")
ENOUGH = 3
VERSION = version("pymispwarninglists")
OF_PUBLISHERS = (
    "google",
    "microsoft",
    "microsoft-office365",
    "microsoft-win10-connection-endpoints",
    "captive-portals",
)
SERVICES = ("lots-project",)
POPULAR_SERVICES = ("url-shortener", "whats-my-ip", "findip-host")


def names(folder: str) -> Iterator[str]:
    """Yield the names on a list below which strangers register none."""
    spec = find_spec("pymispwarninglists")
    assert spec is not None
    assert spec.origin is not None
    (path,) = Path(spec.origin).parent.glob(f"data/*/lists/{folder}/list.json")
    for entry in json.loads(path.read_bytes())["list"]:
        text = entry.strip().rstrip("/").removeprefix("*").removeprefix(".")
        try:
            name = canonical(IndicatorType.DOMAIN, text)
        except ValueError:
            continue
        if ends_in_known_tld(name) and not is_public_suffix(name) and ".arpa" not in name:
            yield name


def main() -> None:
    """Write the file."""
    votes = Counter(name for folder in POPULAR for name in set(names(folder)))
    popular = {name for name, count in votes.items() if count >= ENOUGH}
    sites = popular.union(*map(names, OF_PUBLISHERS))
    services = set().union(*map(names, SERVICES))
    # A shortener that is hardly known may serve nothing but harm.
    services |= votes.keys() & set().union(*map(names, POPULAR_SERVICES))
    head = (
        "# Sites and services that many use: names on MISP's warning lists, of the package",
        f"# pymispwarninglists {VERSION}. MISP's lists may be used under CC0 or the BSD licence.",
        "# `python3 tasks.py well-known` writes this file anew.",
        f"# Sites: on {ENOUGH} or more of {', '.join(POPULAR)};",
        f"# and on any of {', '.join(OF_PUBLISHERS)}.",
        f"# Services: on {', '.join(SERVICES)};",
        f"# and on any of {', '.join(POPULAR_SERVICES)} and of the popular ones.",
    )
    lines = [*head, "[a site that many visit]", *sorted(sites - services)]
    lines += ["[a service that many use]", *sorted(services)]
    FILE.write_text("\n".join(lines) + "\n", encoding="ascii", newline="\n")


if __name__ == "__main__":
    main()
