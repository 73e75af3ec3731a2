"""`sigma-socdefenders serve`: the documented API, over any source."""

from __future__ import annotations

import contextlib
import ipaddress
from importlib import resources
from typing import TYPE_CHECKING

import click

from sigma_socdefenders.cli.options import source_options
from sigma_socdefenders.indicators.filters import LAST

if TYPE_CHECKING:
    from sigma_socdefenders.cli.options import Reading
    from sigma_socdefenders.rules.identity import ListName
    from sigma_socdefenders.server.loading import Served

__all__ = ["serve"]


@click.command()
@source_options(without=("explain", "report", "state", "partial"))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port to listen on; 0 for any that is free.",
)
@click.option(
    "--keys",
    metavar="FILE",
    help="Ask for an API key, one of FILE (see `keys`). Without it, only this machine is answered.",
)
@click.option(
    "--refresh",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="How often to see whether files changed, or to read the feed (default: 2, 300).",
)
@click.option("--tls-certificate", metavar="FILE", help="Serve HTTPS with this certificate (PEM).")
@click.option("--tls-key", metavar="FILE", help="The certificate's private key (PEM).")
@click.option("-q", "--quiet", is_flag=True, help="No line in the log for each request.")
def serve(
    *,
    reading: Reading,
    profile: str,
    list_name: ListName,
    host: str,
    port: int,
    keys: str | None,
    refresh: float | None,
    tls_certificate: str | None,
    tls_key: str | None,
    quiet: bool,
) -> None:
    """Answer as the SOC Defenders API does, over HTTP, from any source.

    SOURCE is a file or folder of IOC records, read again when it changes; or a TAXII or MISP server
    (taxii+https://host/path/, misp+https://host/) or, without one, the feed, read every so often. A
    page for people is at /. Needs the extra: pip install 'sigma-socdefenders[serve]'.

    \b
    Example:
      sigma-socdefenders serve iocs.csv &
      curl 'http://127.0.0.1:8000/api/v1/iocs/sigma?type=domain'
    """  # noqa: D301 - \b is click's mark for a paragraph to leave alone
    if "-" in reading.sources:
        raise click.UsageError("serve reads its SOURCE again when it changes: name a file.")
    if reading.since == LAST:
        raise click.UsageError("--since last does not work with serve, which keeps the whole list.")
    if keys is None and not _loopback(host):
        raise click.UsageError(
            f"Without --keys the list is open to all who can ask: --host {host} needs --keys, or "
            "leave it at 127.0.0.1."
        )
    try:
        from sigma_socdefenders.server.run import Address, run_server
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"serve needs the package '{error.name}': pip install 'sigma-socdefenders[serve]'."
        ) from None
    from sigma_socdefenders.server.access import Gate
    from sigma_socdefenders.server.service import Service
    from sigma_socdefenders.server.store import Store

    def ready(url: str) -> None:
        click.echo(f"serving {len(service.store.current)} indicators at {url}", err=True)
        if keys is None:
            click.echo("without --keys, for this machine only", err=True)

    with contextlib.ExitStack() as stack:
        served = _served(reading, profile, list_name, stack)
        service = Service(Store(served, every=refresh), Gate(keys))
        address = Address(host, port, tls_certificate, tls_key)
        run_server(service, address, ready=ready, log=not quiet)


def _served(
    reading: Reading, profile: str, list_name: ListName, stack: contextlib.ExitStack
) -> Served:
    from sigma_socdefenders.server.loading import Served

    sources = reading.sources
    if reading.example:
        example = resources.files("sigma_socdefenders") / "data" / "example.json"
        sources = (str(stack.enter_context(resources.as_file(example))), *sources)
    return Served(
        sources,
        {**reading.selection(), "since": reading.since},
        profile,
        list_name,
        reading.to_ids,
        reading.input_format,
        reading.errors,
        reading.api_key_file,
        reading.base_url,
        reading.allow_http,
    )


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
