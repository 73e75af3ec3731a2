"""What Microsoft advises for KQL, and what its products limit: what queries are held against.

A guideline says what it finds in a query that breaks it. What it finds has to be excused by one of
its reasons, or the query is wrong. `docs/kql.md` is written from this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from . import kql_breaks as breaks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .kql_query import Query

__all__ = ["GUIDELINES", "Guideline", "Reason"]


class Reason(NamedTuple):
    """Why queries break a guideline.

    Attributes:
        found: a regular expression for the whole of what was found.
        where: what breaks it, in words.
        why: the reason.
    """

    found: str
    where: str
    why: str


@dataclass(frozen=True)
class Guideline:
    """A guideline, what the queries do about it, and why some do not.

    Attributes:
        title: the advice, in a few words.
        source: the page that gives it.
        breaks: what in a query breaks it.
        broken: a query that breaks it, as target and text.
        done: how the queries follow it; empty where the advice says all.
        excused: the reasons for what breaks it.
    """

    title: str
    source: str
    breaks: Callable[[Query], Iterator[str]]
    broken: tuple[str, str]
    done: str = ""
    excused: tuple[Reason, ...] = ()


KUSTO = "Kusto best practices"
HUNTING = "Advanced hunting best practices"
PARSERS = "ASIM parsers"
DETECTIONS = "Custom detection rules"
ANALYTICS = "Scheduled analytics rules"

_DIGEST = r"(?:Target(?:Process|File))?(?:MD5|SHA1|SHA256|SHA512)"
_ADDRESS = r"RemoteIP|SrcIpAddr|DstIpAddr"
_HOST = r"DnsQuery|DstFQDN|DstHostname|RemoteUrl|Url"
_DNS = r"tostring\(parse_json\(AdditionalFields\)\.DnsQueryString\)"

GUIDELINES = [
    Guideline(
        "Filter right behind the table",
        KUSTO,
        breaks.late,
        ("defender", "DeviceEvents\n| extend a = 1\n| where a == 1"),
        excused=(
            Reason(
                "extend ioc_labels",
                "lists of names",
                "the names above the one in an event have to be there before they are looked for",
            ),
        ),
    ),
    Guideline(
        "Filter by time first",
        f"{KUSTO}, {PARSERS}",
        breaks.timeless,
        ("sentinel", '_Im_Dns\n| where DnsQuery == "evil.example"'),
        "ASIM's parsers get `starttime`, by `--every`, `--delay` and `--window`",
        (
            Reason(
                r"Device\w+|AlertInfo|EmailEvents|SecurityAlert",
                "tables without a parser",
                "the product sets the time: the page's picker, the look-back of a custom detection,"
                " `queryPeriod` of an analytics rule",
            ),
        ),
    ),
    Guideline(
        "No filter on `Timestamp` in a custom detection",
        DETECTIONS,
        breaks.stamped,
        ("defender", "DeviceEvents\n| where Timestamp > ago(1h)"),
    ),
    Guideline(
        "The most selective condition first",
        KUSTO,
        breaks.kind_first,
        ("defender", 'DeviceEvents\n| where ActionType == "DriverLoad" and MD5 == "a1b2"'),
        excused=(
            Reason(
                "|".join(breaks.KINDS),
                "kinds of events",
                "they stand first, as in Microsoft's examples: both conditions are terms that the"
                " index answers, and nothing is parsed of other kinds",
            ),
        ),
    ),
    Guideline(
        "`has` instead of `contains`",
        f"{KUSTO}, {HUNTING}",
        breaks.contained,
        ("sentinel", 'SecurityAlert\n| where AlertName contains "CVE-2021-44228"'),
        "names, CVE ids and techniques are whole terms",
    ),
    Guideline(
        "`==` and `in` instead of `=~` and `in~`",
        f"{KUSTO}, {HUNTING}",
        breaks.folded,
        ("sentinel", '_Im_NetworkSession(starttime=ago(65m))\n| where DstIpAddr =~ "192.0.2.1"'),
        "IPv4 addresses, kinds of events and CVE ids are compared as they are",
        (
            Reason(_DIGEST, "digests", "Sysmon writes capitals, Defender does not, no schema says"),
            Reason(_ADDRESS, "IPv6 addresses", "no schema fixes the case of their letters"),
            Reason("RemoteUrl|Url", "URLs", "scheme and host have no case"),
            Reason("Sender(?:Mail)?FromAddress", "senders", "they come as somebody typed them"),
        ),
    ),
    Guideline(
        "`=~` instead of `tolower()`",
        KUSTO,
        breaks.lowered,
        ("defender", 'DeviceEvents\n| where tolower(DeviceName) == "a"'),
    ),
    Guideline(
        "Look in columns, not in `*`",
        f"{KUSTO}, {HUNTING}",
        breaks.anywhere,
        ("defender", 'DeviceEvents\n| where * has "evil.example"'),
    ),
    Guideline(
        "`has` before a dynamic column is parsed",
        f"{KUSTO}, {HUNTING}",
        breaks.parsed,
        (
            "defender",
            'DeviceEvents\n| where tostring(parse_json(AdditionalFields).A) == "evil.example"',
        ),
        "`AdditionalFields has_any (names)` comes before `parse_json(AdditionalFields)`",
        (Reason("of a list", "lists", "`has_any` takes 10,000 values, and a list may have more"),),
    ),
    Guideline(
        "Filter on columns, not on computed ones",
        f"{KUSTO}, {HUNTING}",
        breaks.computed,
        ("defender", 'DeviceEvents\n| extend a = DeviceName\n| where a == "evil.example"'),
        "lists are asked for the column first",
        (
            Reason(
                "ioc_value",
                "lists of names and senders",
                "of the names above one in an event, and of two columns, the listed one has to be"
                " picked",
            ),
        ),
    ),
    Guideline(
        "Regular expressions only where nothing else does",
        f"{HUNTING}, Develop ASIM parsers",
        breaks.regular,
        ("defender", 'DeviceEvents\n| where FileName matches regex "evil.*"'),
        excused=(
            Reason(
                f"{_HOST}|{_DNS}",
                "names of hosts",
                "`has` finds `evil.example` in `not-evil.example` and `evil.example.org` as well,"
                " which are other names",
            ),
        ),
    ),
    Guideline(
        "A term before a regular expression",
        "Develop ASIM parsers",
        breaks.unguarded,
        ("defender", 'DeviceNetworkEvents\n| where RemoteUrl matches regex "evil[.]example"'),
        "`has_any (names)`, or the parser's parameter, leaves it few rows",
    ),
    Guideline(
        "No terms of three characters or fewer",
        HUNTING,
        breaks.short,
        ("defender", 'DeviceEvents\n| where FileName == "a.js"'),
        excused=(
            Reason(
                rf"{_ADDRESS}|\w+addr_has_any_prefix",
                "IPv4 addresses, and short names",
                "the values are the list's, and have no longer part",
            ),
        ),
    ),
    Guideline(
        "`materialize()` what is used twice",
        KUSTO,
        breaks.again,
        ("sentinel", "let a = T;\nT\n| where b in (a)\n| lookup a on b"),
    ),
    Guideline(
        "`in` and `lookup` instead of `join`",
        KUSTO,
        breaks.joined,
        ("sentinel", "let a = T;\nT\n| where b in (a)\n| join kind=inner a on b"),
    ),
    Guideline(
        "Only the columns that are needed",
        HUNTING,
        breaks.whole,
        ("defender", "DeviceEvents\n| where a == 1"),
        excused=(
            Reason(
                "all columns",
                "all queries",
                "detections need the columns that tell an event and its entities, and whoever hunts"
                " looks at the event",
            ),
        ),
    ),
    Guideline(
        "Unifying parsers instead of tables",
        f"{PARSERS}, {ANALYTICS}",
        breaks.native,
        ("sentinel", 'CommonSecurityLog\n| where DestinationIP == "192.0.2.1"'),
        excused=(
            Reason(
                "DeviceImageLoadEvents|DeviceEvents|EmailEvents",
                "loaded images and drivers, mail",
                "ASIM has no schema for them",
            ),
            Reason("SecurityAlert", "alerts", "ASIM's parser has those of a few products"),
        ),
    ),
    Guideline(
        "Parsers get their filtering parameters",
        PARSERS,
        breaks.unasked,
        ("sentinel", '_Im_Dns(starttime=ago(1h))\n| where DnsQuery has "evil.example"'),
        "names, hosts of URLs, IPv4 addresses, the octets that networks begin with, actions, kinds"
        " of file events",
        (
            Reason(
                r"\w+addr_has_any_prefix of IPv6",
                "IPv6 addresses",
                "these parameters are for IPv4 alone",
            ),
            Reason(
                r"\w+ of a list",
                "lists",
                "a parameter takes 10,000 values, and a list may have more",
            ),
            Reason(
                "hashes_has_any",
                "digests",
                "source parsers regard case, and those of processes ask for no MD5: events would"
                " be lost",
            ),
            Reason(
                "hostname_has_any",
                "hosts of sessions",
                "source parsers ask `DstHostname` alone, which has no domain, and not `DstFQDN`:"
                " events would be lost",
            ),
        ),
    ),
    Guideline(
        "Nothing written twice",
        "our own",
        breaks.twice,
        (
            "sentinel",
            '_Im_Dns(starttime=ago(1h), dvcaction=dynamic(["evil"]))\n| where A == "evil"',
        ),
        excused=(
            Reason(
                r"\w+_has_any(?:_prefix)?|dvcaction|eventtype_in",
                "parameters",
                "they keep a little too much, and some sources heed them less than others; the"
                " condition is exact ([what that costs](cost.md))",
            ),
        ),
    ),
    Guideline(
        "At most 10,000 values in `has_any` and in a parameter",
        f"{KUSTO}, {PARSERS}",
        breaks.long,
        (
            "defender",
            "DeviceEvents\n| where A has_any ({})".format(", ".join(['"evil"'] * 10_001)),
        ),
    ),
    Guideline(
        "1 to 10,000 characters, no `search *`, no `union *`",
        ANALYTICS,
        breaks.oversized,
        ("sentinel", "union *\n| where A == 1"),
    ),
    Guideline(
        "`Timestamp`, `ReportId` and `DeviceId` kept, no comments",
        DETECTIONS,
        breaks.cut,
        ("defender", 'DeviceEvents\n| where A == "evil"\n| summarize count() by DeviceId'),
    ),
]
