"""Tables: every kind of header, no header, wide tables, damage."""

import csv
import io

import pytest

MD5 = "0123456789abcdef" * 2
SHA1 = "0123456789abcdef" * 2 + "01234567"
SHA256 = "0123456789abcdef" * 4

HEADERS = {
    "date-url": (
        "date,URL,description\n2026-01-02,hxxp://bad[.]example/a,dropper\n",
        [("url", "http://bad.example/a")],
    ),
    "type-first": (
        "Indicator_type,Data,Note,,\ndomain,bad[.]example,C2,,\nsha256," + SHA256 + ",,,\n",
        [("domain", "bad.example"), ("sha256", SHA256)],
    ),
    "indicator-is-the-type": (
        f"Indicator,Data,Notes\nip,192.0.2.7,C2\nmd5,{MD5},dropper\ndomain,bad.example,\n",
        [("ipv4", "192.0.2.7"), ("md5", MD5), ("domain", "bad.example")],
    ),
    "indicator-is-the-value": (
        f"Indicator,Type,Description\n192.0.2.7,ipv4,C2\n{MD5},MD5,dropper\nbad.example,Domain,\n",
        [("ipv4", "192.0.2.7"), ("md5", MD5), ("domain", "bad.example")],
    ),
    "value-type-notes": (
        "value,type,notes\nbad.example,hostname,\n192.0.2.7,ipaddress,\n",
        [("domain", "bad.example"), ("ipv4", "192.0.2.7")],
    ),
    "no-type-column": (
        "IOC,Valid From,Valid Until,Link\nbad.example,2026-01-01,2027-01-01,https://blog.example/x\n",
        [("domain", "bad.example")],
    ),
    "misp-export": (
        "uuid,event_id,category,type,value,comment,to_ids,date\n"
        f"u,1,Payload,filename|md5,evil.com|{MD5},c,1,20260102\n"
        "u,1,Network,domain|ip,bad.example|192.0.2.7,c,1,20260102\n"
        "u,1,Network,ip-dst|port,192.0.2.8|443,c,1,20260102\n",
        [
            ("md5", MD5),
            ("domain", "bad.example"),
            ("ipv4", "192.0.2.7"),
            ("ipv4", "192.0.2.8"),
        ],
    ),
    "hashes-in-one-cell": (
        f'value,entity_type,description\n"{SHA256},{SHA1},{MD5}",file,installer\n',
        [("sha256", SHA256), ("sha1", SHA1), ("md5", MD5)],
    ),
    "wide": (
        f"SHA256,Filename,Tool Name,C2,PDB\n{SHA256},evil.com,tool,bad.example,C:\\x.pdb\n"
        ",,,worse.example,\n",
        [("sha256", SHA256), ("domain", "bad.example"), ("domain", "worse.example")],
    ),
    "type-of-another-column": (
        f"SHA256,Type,C2\n{SHA256},IPV4:PORT,192.0.2.7:443\n{SHA256},C2 @ Pastebin URL,"
        "bad.example:8080\n",
        [
            ("sha256", SHA256),
            ("ipv4", "192.0.2.7"),
            ("sha256", SHA256),
            ("domain", "bad.example"),
        ],
    ),
    "commented-header": (
        '# exported 2026-01-02\n# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type"\n'
        f'"2026-01-02 03:04:05", "1", "192.0.2.7:8080", "ip:port", "botnet_cc"\n'
        f'"2026-01-02 03:04:05", "2", "{SHA256}", "sha256_hash", "payload"\n',
        [("ipv4", "192.0.2.7"), ("sha256", SHA256)],
    ),
    "otx": (
        f'"Indicator type","Indicator","Description"\n"FileHash-SHA256","{SHA256}",""\n'
        '"hostname","bad.example",""\n"CVE","CVE-2021-44228",""\n',
        [("sha256", SHA256), ("domain", "bad.example"), ("cve", "CVE-2021-44228")],
    ),
    "defender": (
        "IndicatorType,IndicatorValue,ExpirationTime,Action,Severity\n"
        f"FileSha1,{SHA1},,Alert,High\nIpAddress,192.0.2.7,,Alert,High\n",
        [("sha1", SHA1), ("ipv4", "192.0.2.7")],
    ),
    "semicolons": (
        "type;value\ndomain;bad.example\nurl;http://bad.example/a,b\n",
        [("domain", "bad.example"), ("url", "http://bad.example/a,b")],
    ),
    "tabs": ("type\tvalue\nip\t192.0.2.7\n", [("ipv4", "192.0.2.7")]),
    "headerless": (
        "192.0.2.7,ipaddress,Resolution for a name\nbad.example,hostname,A name\n",
        [("ipv4", "192.0.2.7"), ("domain", "bad.example")],
    ),
    "headerless-type-first": (
        f"sha1,{SHA1}\ndomain,bad.example\nmd5,{MD5}\n",
        [("sha1", SHA1), ("domain", "bad.example"), ("md5", MD5)],
    ),
    "header-repeated": (
        "type,value\ndomain,bad.example\ntype,value\ndomain,worse.example\n",
        [("domain", "bad.example"), ("domain", "worse.example")],
    ),
}


@pytest.mark.parametrize(("text", "expected"), HEADERS.values(), ids=HEADERS.keys())
def test_headers(reading, text, expected):
    """Every way in which publishers head their tables gives the values in it, rightly typed."""
    result = reading(text)
    assert result.pairs == expected
    assert result.drops == []


def test_wrong_declared_types(reading):
    """A value that is plainly of another type than its row says is what it is."""
    result = reading(
        f"type,value\ndomain,192.0.2.7\nurl,bad.example\nmd5,{SHA1}\nip,http://bad.example/x\n"
    )
    assert result.pairs == [
        ("ipv4", "192.0.2.7"),
        ("domain", "bad.example"),
        ("sha1", SHA1),
        ("url", "http://bad.example/x"),
    ]


def test_unsupported_types_are_counted(reading):
    """File names that look like names of hosts do not become domains; each is counted."""
    result = reading(
        "type,value\nfilename,update.zip\nRegistry Path,HKLM\\x\nmutex,a.com\n"
        "emailwhois,a@b.example\nurl_path,bad.example/x\ndomain,bad.example\n"
    )
    assert result.pairs == [("domain", "bad.example")]
    assert result.reasons == {"unsupported": 5}
    assert "filename" in result.drops[0].detail


DAMAGED = {
    "69.49.230.906": [],
    "8,217.199.160": [],
    "34.243/214.122": [],
    "191.96.53.132: 443": ["191.96.53.132"],
    "?78.142.194.116": ["78.142.194.116"],
    "95.214.26.97:None": ["95.214.26.97"],
    "192.0.2.7 port 443": ["192.0.2.7"],
    " 192.0.2.7\u00a0": ["192.0.2.7"],
    "192.0.2.7; 192.0.2.8": ["192.0.2.7", "192.0.2.8"],
}


@pytest.mark.parametrize(("cell", "expected"), DAMAGED.items(), ids=DAMAGED.keys())
def test_damaged_cells(reading, cell, expected):
    """A damaged value is read where it can be, and refused with its neighbours kept elsewhere."""
    result = reading(f'type,value\nip,"{cell}"\ndomain,bad.example\n')
    assert result.values == [*expected, "bad.example"]
    assert result.reasons == ({} if expected else {"invalid": 1})


def test_fields_beside_the_value(reading):
    """Dates, confidence, tags, TLP and source come along, in whatever form they are written."""
    result = reading(
        "value,type,description,first_seen,last_seen,confidence,tags,tlp,source_feed,category\n"
        "bad.example,domain,a C2,5/28/2021,2021-06-01T10:00:00Z,Very High,a;b,TLP:AMBER,feed,apt\n"
        "worse.example,domain,,28.5.2021,nonsense,whatever,,,,\n"
    )
    first, second = result.indicators
    assert first.first_seen.isoformat() == "2021-05-28T00:00:00+00:00"
    assert first.last_seen.isoformat() == "2021-06-01T10:00:00+00:00"
    assert (str(first.confidence), first.tags, first.tlp) == ("high", ("a", "b"), "amber")
    assert (first.context, first.sources[0].feed_name) == ("a C2", "feed")
    assert first.sources[0].category == "apt"
    assert (second.last_seen, second.confidence, second.context) == (None, None, None)


def test_day_first_dates(reading):
    """One date whose first number is past 12 shows that the whole column begins with the day."""
    result = reading("value,type,date\na.example,domain,02/03/2021\nb.example,domain,28/03/2021\n")
    assert [str(each.first_seen.date()) for each in result.indicators] == [
        "2021-03-02",
        "2021-03-28",
    ]


def test_unclosed_quote_costs_one_row(reading):
    """A quote that is never closed does not swallow the rows after it."""
    rows = "".join(f"domain,n{i}.example,x\n" for i in range(200))
    result = reading(f'type,value,note\ndomain,bad.example,"5 inch\n{rows}')
    assert result.values == ["bad.example", *[f"n{i}.example" for i in range(200)]]


def test_line_breaks_in_cells(reading):
    """A quoted cell may go over lines, and positions name the line on which a row begins."""
    result = reading('type,value,note\ndomain,a.example,"one\ntwo"\ndomain,b.example,x\n')
    assert result.values == ["a.example", "b.example"]
    assert result.indicators[0].context == "one\ntwo"
    assert result.positions == ["list, line 2", "list, line 4"]


def test_rows_without_values_are_counted(reading):
    """A row that holds no value is counted as empty; a blank one is nothing."""
    result = reading("type,value,note\ndomain,,lost\n\n,,\ndomain,a.example,\n")
    assert result.values == ["a.example"]
    assert result.reasons == {"empty": 1}


def test_every_dialect_of_csv(reading):
    """What the csv module writes in any of its dialects is read back the same."""
    values = ["a.example", "http://b.example/x,y;z", 'http://b.example/"q"', "192.0.2.7"]
    for dialect in ("excel", "excel-tab", "unix"):
        out = io.StringIO()
        writer = csv.writer(out, dialect=dialect)
        writer.writerow(["type", "value", "comment"])
        for value in values:
            writer.writerow(["", value, 'said "hello"\nand, left'])
        result = reading(out.getvalue())
        assert result.values == values
        assert {each.context for each in result.indicators} == {'said "hello"\nand, left'}
