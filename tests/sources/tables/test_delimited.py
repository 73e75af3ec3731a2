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
    "words-before-the-type": (
        "Malware,C2 IP,Malicious Domain,Payload SHA256,Reference URL\n"
        f"loader,192.0.2.7,bad.example,{SHA256},https://blog.vendor.com/x\n"
        ",192.0.2.8,N/A,-,\n",
        [
            ("ipv4", "192.0.2.7"),
            ("domain", "bad.example"),
            ("sha256", SHA256),
            ("ipv4", "192.0.2.8"),
        ],
    ),
    "few-known-words": (
        "phish_id,url,phish_detail_url,submission_time,verified,online,target\n"
        "7,http://bad.example/a,http://vendor.com/detail?id=7,2026-01-02T03:04:05Z,yes,yes,Bank\n",
        [("url", "http://bad.example/a")],
    ),
    "risk-list": (
        '"Name","Risk","RiskString","EvidenceDetails"\n'
        '"192.0.2.7","99","5/54","{""Rule"": ""on https://blog.vendor.com 198.51.100.1""}"\n',
        [("ipv4", "192.0.2.7")],
    ),
    "sentinel": (
        "TimeGenerated [UTC],ConfidenceScore,DomainName,FileHashType,FileHashValue,NetworkIP,Url\n"
        '"1/2/2026, 3:04:05.000 AM",80,bad.example,,,,\n'
        f'"1/2/2026, 3:04:05.000 AM",80,,SHA256,{SHA256},,\n'
        '"1/2/2026, 3:04:05.000 AM",80,,,,192.0.2.7,\n',
        [("domain", "bad.example"), ("sha256", SHA256), ("ipv4", "192.0.2.7")],
    ),
    "anomali": (
        "value,itype,confidence,date_first\nbad.example,mal_domain,85,2026-01-02\n"
        f"192.0.2.7,c2_ip,85,2026-01-02\n{MD5},apt_md5,85,2026-01-02\n",
        [("domain", "bad.example"), ("ipv4", "192.0.2.7"), ("md5", MD5)],
    ),
    "elastic": (
        "@timestamp,threat.indicator.ip,threat.indicator.file.hash.sha256,threat.feed.name\n"
        f"2026-01-02,192.0.2.7,-,abuse\n2026-01-02,-,{SHA256},abuse\n",
        [("ipv4", "192.0.2.7"), ("sha256", SHA256)],
    ),
    "file-names-beside-hashes": (
        f"File,Hash\nreadme.md,{MD5}\na.zip,{SHA1}\n",
        [("md5", MD5), ("sha1", SHA1)],
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


ABOVE = {
    "excel": ('sep=;\r\n"Type";"Value";"Note"\r\n"Domain";"bad.example";"C2"\r\n', 1),
    "title": ("IOCs of operation worse.example,,\n,,\nType,Value,Note\nDomain,bad.example,C2\n", 1),
    "titles": ("Operation X\n\nExported: 2026-01-02\nType,Value,Note\nDomain,bad.example,C2\n", 2),
}


@pytest.mark.parametrize(("text", "above"), ABOVE.values(), ids=ABOVE.keys())
def test_lines_above_the_header(reading, text, above):
    """Titles and Excel's `sep=` above a header are counted, and nothing in them is a value."""
    result = reading(text)
    assert result.pairs == [("domain", "bad.example")]
    assert result.indicators[0].context == "C2"
    assert result.reasons == {"empty": above}


def test_excel_writes_unicode_text(reading):
    """What Excel saves as Unicode text, UTF-16 with tabs, is a table like others."""
    text = 'Type\tValue\tNote\r\nDomain\tbad.example\t"C2, main"\r\n'
    result = reading(text.encode("utf-16"))
    assert result.values == ["bad.example"]
    assert result.indicators[0].context == "C2, main"


def test_types_in_the_first_row_are_no_header(reading):
    """A first row whose word for a type stands above more of them is a row like those."""
    result = reading(f"filename,a.ps1\nsha256,{SHA256}\nmd5,{MD5}\n")
    assert result.pairs == [("sha256", SHA256), ("md5", MD5)]
    assert result.reasons == {"unsupported": 1}


def test_text_that_names_a_value_is_none(reading):
    """Columns of text with a link in each cell, as rules of Snort have, are no values."""
    rule = 'alert tcp any any -> any any (msg:"X"; reference:url,vendor.com/{}; sid:{}; rev:1;)\n'
    assert reading("".join(rule.format(i, i) for i in range(9))).values == []


def test_path_that_is_a_whole_url(reading):
    """A URL under the type of a URL's path is a URL; a path, or a host with a path, is neither."""
    result = reading(
        "type,value\nurl_path,hxxp://bad.example/a b\nURL path,/gate.php\nurl_path,c.example/x\n"
        "domain,bad.example\n"
    )
    assert result.values == ["http://bad.example/a b", "bad.example"]
    assert result.reasons == {"unsupported": 2}


def test_names_of_files_are_no_hosts(reading):
    """A file that is given by its name, where others have hashes, does not become a domain."""
    result = reading(f"type,value\nfile,{MD5}\nFile,readme.md\nfile hash,evil.com\n")
    assert result.values == [MD5]
    assert result.reasons == {"invalid": 2}


def test_words_for_nothing(reading):
    """Cells that say that there is nothing count as empty ones, and so do rows of them."""
    result = reading("domain,ip,note\nbad.example,N/A,x\n-,none,y\n")
    assert result.values == ["bad.example"]
    assert result.reasons == {"empty": 1}


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


def test_fields_by_other_names(reading):
    """The words that platforms have for confidence, labels, sightings and authors are known."""
    (found,) = reading(
        "indicator,type,malicious_confidence,objectLabel,TimeGenerated [UTC],last submission,"
        "TrafficLightProtocolLevel,createdBy,referenceUrl\n"
        'bad.example,domain,high,apt,"1/2/2026, 3:04:05.000 PM",2026-01-03,Amber,Vendor,'
        "https://blog.vendor.com/x\n"
    ).indicators
    assert (str(found.confidence), found.tags, found.tlp) == ("high", ("apt",), "amber")
    assert found.first_seen.isoformat() == "2026-01-02T15:04:05+00:00"
    assert found.last_seen.isoformat() == "2026-01-03T00:00:00+00:00"
    assert found.sources[0].feed_name == "Vendor"
    assert found.sources[0].article_url == "https://blog.vendor.com/x"


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


def test_quote_in_a_comment_costs_no_row(reading):
    """A comment is one line, whatever quotes are in it."""
    result = reading('type,value,note\n# 5" disks\ndomain,a.example,6" disks\n')
    assert result.values == ["a.example"]


def test_long_cells_in_the_first_rows(reading):
    """Cells of many lines, such as certificates, leave enough rows to tell a table by."""
    certificate = '"Name\n' + "line\n" * 40 + 'end"'
    rows = "".join(f"AA BB {i},Certificate,{certificate}\n" for i in range(4))
    result = reading(f"Indicator,Type,Note\n{rows}bad.example,Domain,x\n")
    assert result.values == ["bad.example"]
    assert result.reasons == {"unsupported": 4}


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


def test_zeek_intelligence(reading):
    """Zeek's files name their columns behind `#fields`, and have words of their own for types."""
    sha1 = "0123456789" * 4
    rows = [
        ("192.0.2.7", "ADDR"),
        ("198.51.100.0/24", "SUBNET"),
        ("bad.example", "DOMAIN"),
        ("evil.example/a/b", "URL"),
        ("a@evil.example", "EMAIL"),
        (sha1, "FILE_HASH"),
        (sha1[::-1], "CERT_HASH"),
        ("setup.com", "FILE_NAME"),
        ("Bad Agent", "SOFTWARE"),
        ("joe", "USER_NAME"),
    ]
    text = "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\tmeta.url\n"
    result = reading(
        text + "".join(f"{v}\tIntel::{t}\tours\tthe C2\thttps://v.example/r\n" for v, t in rows)
    )
    assert result.values == [
        "192.0.2.7",
        "198.51.100.0/24",
        "bad.example",
        "http://evil.example/a/b",
        "a@evil.example",
        sha1,
    ]
    assert result.reasons == {"unsupported": 4}
    first = result.indicators[0]
    assert first.context == "the C2"
    assert first.sources[0].feed_name == "ours"
    assert first.sources[0].article_url == "https://v.example/r"


def test_columns_of_which_nothing_is_known(reading):
    """Values that fill cells of an unknown column are counted; words and known columns are not."""
    result = reading(
        "domain,gateway,remark one,file name\n"
        "a.example,192.0.2.1,none of b.example,update.zip\n"
        "c.example,192.0.2.2 192.0.2.3,d[.]example,setup.com\n"
    )
    assert result.values == ["a.example", "c.example"]
    assert [each.value for each in result.drops] == [
        *("192.0.2.1", "192.0.2.2", "192.0.2.3", "d[.]example")
    ]
    assert set(result.reasons) == {"reference"}


@pytest.mark.parametrize("note", ["(legitimate)", "Winword.exe (benign)", "clean", "[Legit] copy"])
def test_notes_that_call_harmless(reading, note):
    """A value whose note calls it harmless is counted and not taken; its neighbours are."""
    result = reading(f"domain,description\na.example,C2\nb.example,{note}\nc.example,clean-up C2\n")
    assert result.values == ["a.example", "c.example"]
    assert result.reasons == {"reference": 1}
