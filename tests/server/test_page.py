"""The page for people."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from html import unescape

import pytest

from sigma_socdefenders.targets import TARGETS
from sigma_socdefenders.testing import sample_records
from tests.server.helpers import TestServer, running

HOSTILE = [
    "http://evil.example/<script>alert(1)</script>",
    'http://evil.example/"onmouseover="alert(1)',
    "http://evil.example/'><img src=x onerror=alert(1)>",
    "http://evil.example/{{7*7}}",
    "http://evil.example/&lt;b&gt;",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A server of values and texts that would run if they were not escaped."""
    records = [
        {
            "value": value,
            "context": "<script>alert(2)</script>",
            "tags": ["</pre><script>alert(3)</script>"],
            "source": {"article_url": "javascript:alert(4)", "feed_name": "<b>"},
        }
        for value in HOSTILE
    ]
    made = TestServer(tmp_path_factory.mktemp("hostile"), records)
    yield made
    made.close()


def test_the_page_says_what_is_served(server):
    """Source, number, age and counts are on the page, without a request to any other host."""
    answer = server.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<strong>243</strong> indicators" in answer.text
    assert "list.json" in answer.text
    for text in ("domain", "ipv4", "none", "2026-01-01", "private"):
        assert text in answer.text
    links = re.findall(r'(?:src|href|action)="([^"]+)"', answer.text)
    assert links
    assert all(link.startswith(("/", "#")) and not link.startswith("//") for link in links)


def test_its_files_are_its_own_and_checked(server):
    """Style and script are files of the server, with hashes; nothing stands in the page itself."""
    page = server.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<style" not in page.text
    assert not re.search(r"\s(style|on\w+)=", page.text)
    assert re.findall(r"<script(?! src)", page.text) == []
    for path in re.findall(r'"(/static/[^"]+)"', page.text):
        file = server.get(path)
        assert file.status_code == 200
        assert "immutable" in file.headers["cache-control"]
    assert server.get("/static/0/../../secret").status_code == 404


def test_a_value_is_explained_with_its_rule_and_queries(server):
    """However it is spelled, a value shows its records, its rule, and a query for each target."""
    text = unescape(server.get("/?q=host-1[.]example.net").text)
    assert "host-1.example.net: " in text
    assert "kept, as domain" in text
    assert "SOC Defenders IOC - Malicious Domain host-1.example.net" in text
    for target in TARGETS.values():
        assert target.title in text
    assert 'QueryName IN ("host-1.example.net"' in text


def test_what_was_left_out_is_explained(server):
    """A value that is not served says why."""
    assert "dropped as private" in server.get("/?q=10.0.0.1").text
    assert "was not read" in server.get("/?q=nowhere.example").text


@pytest.mark.parametrize("value", HOSTILE)
def test_nothing_that_it_shows_can_run(hostile, value):
    """Markup in values, tags and texts is text on the page."""
    text = hostile.get("/", method="GET").text
    text += str(hostile.get(f"/?q={re.sub(r'[^a-z]', _quoted, value)}").text)
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert 'onmouseover="alert' not in text
    assert "http://evil.example/49" not in text
    assert 'href="javascript:' not in text


def _quoted(match):
    return "".join(f"%{byte:02x}" for byte in match[0].encode())


def test_control_characters_are_shown_and_not_sent(server):
    """What was asked for comes back printable."""
    text = server.get("/?q=%1b%5d0;%e2%80%ae").text
    shown = re.search(r'<bdi class="value">(.*?)</bdi>', text)[1]
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_list_that_failed_says_so_on_the_page(tmp_path):
    """A stale list has a warning with the reason."""
    server = TestServer(tmp_path, sample_records(3))
    server.service.store.failure = "<b>it broke</b>"
    text = server.get("/").text
    assert "The source cannot be read" in text
    assert "&lt;b&gt;it broke" in text


class Browser:
    """Keeps cookies, as a browser does."""

    def __init__(self, server):
        self.server = server
        self.cookies = {}
        self.set = []

    def ask(self, path, **options):
        """Return the answer, and keep its cookies."""
        sent = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.server.get(path, Cookie=sent, **options)
        for line in answer.headers.get_list("set-cookie"):
            self.set.append(line)
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer

    def sign_in(self, key, **headers):
        """Fill in the form."""
        token = re.search(r'name="token" value="([^"]+)"', self.ask("/sign-in").text)[1]
        return self.ask("/sign-in", method="POST", data={"token": token, "key": key}, **headers)


@pytest.fixture
def browser(tmp_path):
    """A browser before a server with keys."""
    server = TestServer(tmp_path, sample_records(20), keys=True)
    yield Browser(server)
    server.close()


def test_with_keys_the_page_needs_a_key(browser):
    """Without a session there is only the form; a good key opens the page for eight hours."""
    assert browser.ask("/").headers["location"] == "/sign-in"
    refused = browser.sign_in("sk_live_wrong")
    assert refused.status_code == 401
    assert "not known" in refused.text
    assert browser.sign_in(browser.server.pro).headers["location"] == "/"
    assert "20</strong> indicators" in browser.ask("/").text
    cookie = browser.set[-1]
    for part in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=28800"):
        assert part in cookie
    assert browser.server.pro not in cookie
    browser.server.clock.now += 8 * 3600
    assert browser.ask("/").headers["location"] == "/sign-in"


def test_a_form_from_elsewhere_is_refused(browser):
    """Without the token that this browser was given, or from another origin, no session begins."""
    for data in (
        {"key": browser.server.pro},
        {"key": browser.server.pro, "token": "a.9999999999.b"},
    ):
        browser.ask("/sign-in")
        assert browser.ask("/sign-in", method="POST", data=data).status_code == 403
    other = Browser(browser.server)
    other.ask("/sign-in")
    browser.cookies = dict(other.cookies)
    assert browser.sign_in(browser.server.pro, Origin="http://evil.example").status_code == 403


@pytest.mark.parametrize("cookie", ["", "a", "a.b.c", "..", "key_1.9999999999.00", "☠.1.2"])
def test_a_forged_session_is_none(browser, cookie):
    """A cookie that was not signed here opens nothing, and breaks nothing."""
    browser.cookies["socdefenders_session"] = cookie.encode().decode("latin-1")
    if cookie.isascii():
        assert browser.ask("/").headers["location"] == "/sign-in"
    assert browser.server.service.sessions.key_id(cookie) is None


def test_signing_out_ends_the_session(browser):
    """The button of the page forgets who signed in."""
    browser.sign_in(browser.server.pro)
    token = re.search(r'name="token" value="([^"]+)"', browser.ask("/").text)[1]
    assert browser.ask("/sign-out", method="POST", data={"token": token}).status_code == 303
    assert browser.ask("/").headers["location"] == "/sign-in"


def test_a_free_key_sees_no_rules(browser):
    """The page gives a free key what the API gives it."""
    browser.sign_in(browser.server.free)
    text = browser.ask("/?q=host-1.example.net").text
    assert "kept, as domain" in text
    assert "need a pro key" in text
    assert "QueryName" not in text


def test_searches_count_as_requests(browser):
    """The page is no way around a key's limit."""
    browser.sign_in(browser.server.free)
    for _ in range(10):
        assert browser.ask("/?q=nowhere.example").status_code == 200
    assert browser.ask("/?q=nowhere.example").status_code == 429


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("SOCDEFENDERS_REQUIRE_ENGINES"),
    reason="needs Chromium, which `python3 tasks.py engines` installs",
)
def test_a_real_browser_shows_it(tmp_path):
    """Chromium lays the page out, runs its script, which shows the copy buttons, and no other."""
    path = tmp_path / "list.txt"
    path.write_text("evil.example\nhttp://evil.example/<script>document.title='ran'</script>\n")
    with running(path) as server:
        done = subprocess.run(
            [
                *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"),
                *(f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=2000"),
                f"{server.url}/?q=evil.example",
            ],
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=True,
        )
    assert "<title>list.txt" in done.stdout
    buttons = re.findall(r'<button type="button" class="copy"[^>]*>', done.stdout)
    assert len(buttons) > len(TARGETS)
    assert not any("hidden" in button for button in buttons)
    assert "Content Security Policy" not in done.stderr
