"""Saved mails: their header is context, and the recipient's own names are no indicators."""

import pytest

from sigma_socdefenders.sources.opening.mails import is_mail

HEADER = """\
Return-Path: <bounce@mailer.example>
Received: from mx.relay.example (mx.relay.example [198.51.100.9])
\tby mail.victim.example with ESMTPS id 4 for <jane@victim.example>
Authentication-Results: mail.victim.example; spf=pass smtp.mailfrom=mailer.example
From: "Invoices" <billing@sender.example>
Reply-To: other@sender.example
To: Jane <jane@victim.example>, joe@victim.example
Cc: partner@friend.example
Subject: Your invoice
Message-ID: <1.2@mailer.example>
X-Originating-IP: [203.0.113.9]
MIME-Version: 1.0
"""
BODY = """
hxxp://bad[.]example/pay
https://www.victim.example/login
victim.example
worse.example
"""


def test_header_and_text(reading):
    """The text's values are taken, with sender and subject as context; the header's are counted."""
    result = reading(HEADER + BODY)
    assert result.values == ["203.0.113.9", "http://bad.example/pay", "worse.example"]
    assert result.positions == ["list, line 11", "list, line 14", "list, line 17"]
    assert [each.context for each in result.indicators] == [
        None,
        *['mail from: "Invoices" <billing@sender.example>, subject: Your invoice'] * 2,
    ]
    assert set(result.reasons) == {"reference"}


@pytest.mark.parametrize(
    "address",
    [
        *("bounce@mailer.example", "billing@sender.example", "other@sender.example"),
        *("jane@victim.example", "joe@victim.example", "partner@friend.example"),
    ],
)
def test_everybody_is_counted(reading, address):
    """Senders and recipients are counted where they stand."""
    assert address in {each.value.strip("<>,") for each in reading(HEADER + BODY).drops}


@pytest.mark.parametrize(
    "text",
    [
        "From: a@bad.example\nTo: b@bad.example\n",
        "Domain: bad.example\nIP: 192.0.2.1\n\nbad.example\n",
        "From: a list\nbad.example\nReceived: today\n",
        "",
    ],
)
def test_what_is_no_mail(text):
    """Lines with labels are no header, unless a mail's transport left its marks."""
    assert not is_mail(text)


def test_mails_of_a_mailbox(reading):
    """The line before a mail in a mailbox is part of its header, whatever ends its lines."""
    mail = "From a@b.example Mon Nov  2 10:00:00 2026\n" + HEADER + BODY
    assert reading(mail.replace("\n", "\r\n")).values == reading(HEADER + BODY).values
