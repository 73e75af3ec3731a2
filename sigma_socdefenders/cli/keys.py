"""`sigma-socdefenders keys`: who may ask a server."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import click

from sigma_socdefenders.indicators.timestamps import parse_instant
from sigma_socdefenders.server.keys import Key, Tier, add_key, read_keys, revoke_key

__all__ = ["keys"]

_DAYS = re.compile(r"([0-9]{1,5})d")
_FILE = click.option(
    "--keys", "path", required=True, metavar="FILE", help="The keys file, as for `serve`."
)


@click.group()
def keys() -> None:
    """Make and withdraw the API keys of a server; the file holds hashes, and no key."""


@keys.command()
@_FILE
@click.option(
    "--tier",
    type=click.Choice([tier.value for tier in Tier]),
    default=Tier.FREE.value,
    show_default=True,
    help="What the key is good for: free has records, few at a time; pro has rules, too.",
)
@click.option("--label", default="", metavar="TEXT", help="Whose the key is, or what it is for.")
@click.option(
    "--expires", metavar="TIME", help="When it ends: ISO 8601, or in so many days, such as 90d."
)
def add(*, path: str, tier: str, label: str, expires: str | None) -> None:
    """Make a new key and print it, this one time."""
    until = None if expires is None else _instant(expires)
    key, text = add_key(path, tier=Tier(tier), label=label, expires=until)
    click.echo(text)
    click.echo(f"{key.id}, {key.tier}: this is shown only once; {path} has its hash", err=True)


@keys.command("list")
@_FILE
def show(*, path: str) -> None:
    """List the keys of a file: id, tier, state, and label."""
    now = datetime.now(timezone.utc)
    for key in read_keys(path).all:
        click.echo(f"{key.id}  {key.tier.value:<4}  {_state(key, now)}  {key.label}".rstrip())


@keys.command()
@_FILE
@click.argument("name", metavar="ID")
def revoke(*, path: str, name: str) -> None:
    """Withdraw the key of that ID; a running server heeds it within a second."""
    key = revoke_key(path, name)
    click.echo(f"{key.id} is revoked", err=True)


def _state(key: Key, now: datetime) -> str:
    if key.revoked is not None:
        return f"revoked {key.revoked[:10]}"
    if key.expires is None:
        return f"since {key.created[:10]}"
    return f"{'expired' if key.expired(now) else 'until'} {key.expires[:10]}"


def _instant(text: str) -> datetime:
    days = _DAYS.fullmatch(text)
    try:
        if days is None:
            return parse_instant(text)
        return datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=int(days[1]))
    except (ValueError, OverflowError):
        raise click.BadParameter(f"'{text}' is neither ISO 8601 nor days, such as 90d.") from None
