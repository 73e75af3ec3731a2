"""What makes a Splunk app of lookup tables and searches: its name, `app.conf`, rights, README."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma.pipelines.socdefenders.rule_formats.splunk_alerts import stanza_text
from sigma_socdefenders._version import __version__
from sigma_socdefenders.outputs.lookups.files import File
from sigma_socdefenders.rules.identity import FEED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigma_socdefenders.indicators.ioc_types import IndicatorType
    from sigma_socdefenders.rules.identity import ListName

__all__ = ["app_files", "app_name"]


def app_name(list_name: ListName = FEED) -> str:
    """Return the app's id, which is the name of its folder in `$SPLUNK_HOME/etc/apps`."""
    return f"{list_name.prefix}_indicators"


def app_files(list_name: ListName, kinds: tuple[IndicatorType, ...]) -> Iterator[File]:
    """Yield the files of an app with the tables of these types that hold no table or search."""
    yield File("default/app.conf", _app_conf(list_name))
    yield File("metadata/default.meta", _META)
    yield File("README.md", _readme(list_name, kinds))


# Other apps, such as Enterprise Security, may use the tables and searches.
_META = """\
[]
access = read : [ * ], write : [ admin, sc_admin ]
export = none

[lookups]
export = system

[transforms]
export = system

[savedsearches]
export = system
"""


def _app_conf(list_name: ListName) -> str:
    stanzas: dict[str, dict[str, object]] = {
        "install": {"build": 1},
        "package": {"id": app_name(list_name), "check_for_updates": 0},
        "launcher": {
            "author": list_name.title,
            "description": "Lookup tables of indicators, and the searches that use them",
            "version": __version__,
        },
        "ui": {"is_visible": 0, "label": f"{list_name.title} indicators"},
        "id": {"name": app_name(list_name), "version": __version__},
    }
    return "\n\n".join(stanza_text(name, given) for name, given in stanzas.items()) + "\n"


def _readme(list_name: ListName, kinds: tuple[IndicatorType, ...]) -> str:
    name = app_name(list_name)
    tables = "\n".join(f"- `{list_name.table(kind)}`" for kind in kinds)
    return f"""\
# {list_name.title} indicators

Lookup tables of indicators, and a search for each of them.

## Install

Copy this folder to `$SPLUNK_HOME/etc/apps/{name}` on the search head, or pack it and install it
from Splunk Web:

    tar -czf {name}.tar.gz {name}

Then restart Splunk or reload `/debug/refresh`. Copy a newer folder over it to bring new
indicators; tables need no restart.

## Check, then enable

The searches are disabled until you enable them, unless the app was written with `--enable`.
Before that, see that

- each search looks where your events are: its beginning names no index unless the app was written
  with `--index`, `--sourcetype` or `--source-macro`;
- its schedule and window suit you (`--every`, `--window`, `--delay`);
- without Enterprise Security, an alert has an action of yours: the notable event and the risk are
  Enterprise Security's.

## What a hit shows

| field | what it is |
|---|---|
| `ioc` | the indicator that matched |
| `ioc_confidence`, `ioc_description` | how sure its source is, and what it says |
| `ioc_feed`, `ioc_reference` | who published it, and where |
| `ioc_valid_until` | when it expires; what has expired matches nothing |

## Tables

{tables}

and `…_networks` beside those of addresses. The tables in `threat_intelligence` are for the threat
intelligence framework of Enterprise Security: upload each under *Threat Intelligence Management*,
with its own name and *Overwrite*, so that it takes the place of this list's earlier one and of
nothing else. They have no column for an expiry.
"""
