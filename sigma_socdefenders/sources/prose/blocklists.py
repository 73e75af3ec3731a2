"""Lines of text that name what to block in the syntax of a program, or in ranges and masks.

Hosts files, AdBlock's filters, dnsmasq, Unbound and response policy zones (RPZ) each say one name
a line with words of their own around it; what a firewall is told may be a range of addresses or
an address and a mask. Rules of an intrusion detection system say more than one value does.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Network, summarize_address_range

from sigma_socdefenders.audit.skipped import Reason, Refusal

__all__ = ["blocked"]

_WIDEST = 1 << 16


_HOSTS_FILE = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(?=[^\s#]+\.)")
_NAMED = re.compile(
    r"\|\|(?:\*\.)?([^\s|^$*]+)\^?(?:\$\S*)?"
    r"|(?:address|server|local|ipset|nftset)=/([^/]+(?:/[^/]+)*?)/[^/]*"
    r'|(?:local-zone|local-data):\s*"?([^\s"]+).*'
    r'|zone\s+"([^\s"]+)"\s.*\{.*'
    r"|(\S+)\s+(?:[0-9]+\s+)?(?:IN\s+)?CNAME\s+(?:\.|\*\.|rpz-[a-z-]+\.)\s*(?:;.*)?"
)
_OWNER_OF_NETWORK = re.compile(r"([0-9]{1,2})((?:\.[0-9]{1,3}){4})\.rpz-(?:client-)?ip")
_EXCEPTION = re.compile(r"@@\|{0,2}\S+|[^\s#/]*#[@?$]?#\S.*")
_OF_THE_ZONE = re.compile(
    r"(?:@\s+)?(?:[0-9]+\s+)?(?:IN\s+)?(?:SOA|NS)\s+\S+\.(?:\s.*)?|\$(?:TTL|ORIGIN)\s.*"
)
_DETECTION = re.compile(r"(?:alert|drop|reject|pass|log)\s+[a-z0-9-]+\s")
_DOTTED = r"[0-9]{1,3}(?:\[?\.\]?[0-9]{1,3}){3}"
_RANGE = re.compile(rf"({_DOTTED})\s*[-\u2013\u2014]\s*({_DOTTED}|[0-9]{{1,3}})")
_SPANNED = re.compile(rf"({_DOTTED})\s+({_DOTTED})\s+([0-9]{{1,2}})(?:\s.*)?")
_MASKED = re.compile(rf"({_DOTTED})\s+((?:255|0)(?:\.[0-9]{{1,3}}){{3}})(?=\s|$)")
_BYTES = re.compile(r"[0-9a-f]{2}(?: [0-9a-f]{2}){15,63}", re.IGNORECASE)


def blocked(line: str) -> str | Refusal | None:
    """Return the values alone of a line in the syntax of a program.

    A line that is understood and names none is refused; one in no such syntax gives None.
    """
    if found := _HOSTS_FILE.match(line):
        return line[found.end() :]
    if found := _NAMED.fullmatch(line):
        adblock, dnsmasq, *others = found.groups()
        return adblock or (dnsmasq or "").replace("/", " ") or _owner(*filter(None, others))
    if _EXCEPTION.fullmatch(line):
        return _none("an exception, or a rule for the content of pages")
    if _OF_THE_ZONE.fullmatch(line):
        return _none("says something of the list itself")
    if _DETECTION.match(line) and "->" in line and ("sid:" in line or "msg:" in line):
        return _none("a rule of Snort or Suricata")
    if found := _RANGE.fullmatch(line):
        return _range(*found.groups())
    if (found := _SPANNED.fullmatch(line)) and (network := _spanned(*found.groups())):
        return network
    if _BYTES.fullmatch(line):
        return line.replace(" ", "")
    masked = _MASKED.sub(_network, line)
    return masked if masked != line else None


def _none(detail: str) -> Refusal:
    return Refusal(Reason.PATTERN, detail)


def _owner(name: str) -> str:
    """Return the name or network that the owner of a policy record stands for."""
    if found := _OWNER_OF_NETWORK.fullmatch(name):
        octets = found[2][1:].split(".")
        return f"{'.'.join(reversed(octets))}/{found[1]}"
    return name


def _range(first: str, last: str) -> str | Refusal:
    start = first.replace("[", "").replace("]", "")
    end = last.replace("[", "").replace("]", "")
    if "." not in end:
        end = f"{start.rpartition('.')[0]}.{end}"
    try:
        low, high = IPv4Address(start), IPv4Address(end)
        if int(high) - int(low) >= _WIDEST:
            return _none("a range of addresses wider than a /16, or two addresses")
        return " ".join(map(str, summarize_address_range(low, high)))
    except (AddressValueError, ValueError):
        return _none("no range of addresses")


def _spanned(first: str, last: str, length: str) -> str | None:
    """Return the network of which the first and last address and the length are given."""
    try:
        network = IPv4Network(f"{first}/{length}")
    except ValueError:
        return None
    return str(network) if str(network.broadcast_address) == last else None


def _network(found: re.Match[str]) -> str:
    try:
        return str(IPv4Network(f"{found[1]}/{found[2]}", strict=False))
    except ValueError:
        return found[0]
