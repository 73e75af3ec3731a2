"""Mails as mailers make them."""

import base64
import quopri
from email.message import EmailMessage

FIELDS = {
    "From": "CERT <cert@cert.example>",
    "To": "soc@victim.example",
    "Subject": "Advisory 7",
    "Message-ID": "<1.2@cert.example>",
}
HEADER = "".join(f"{name}: {said}\n" for name, said in FIELDS.items()) + "MIME-Version: 1.0\n"
CONTEXT = "mail from: CERT <cert@cert.example>, subject: Advisory 7"

ENCODINGS = {
    "7bit": bytes,
    "8bit": bytes,
    "base64": base64.encodebytes,
    "base64, one line": base64.b64encode,
    "quoted-printable": quopri.encodestring,
    "quoted-printable, CRLF": lambda data: quopri.encodestring(data).replace(b"\n", b"\r\n"),
}


def encoded(data, encoding, kind="text/plain; charset=utf-8"):
    """Return a mail of one part that is encoded for the way."""
    said = f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding.partition(',')[0]}\n\n"
    return (HEADER + said).encode() + ENCODINGS[encoding](data)


def mail(text="", html=""):
    """Return a mail to be added to, with its text in plain text, HTML, or both."""
    made = EmailMessage()
    for name, said in FIELDS.items():
        made[name] = said
    if text:
        made.set_content(text)
    if html and text:
        made.add_alternative(html, subtype="html")
    elif html:
        made.set_content(html, subtype="html")
    return made


def parts(*content, kind="mixed", end="--x--\n"):
    """Return a mail of parts that are given with their headers."""
    said = f'Content-Type: multipart/{kind}; boundary="x"\n\n'
    return (HEADER + said + "".join(f"--x\n{each}\n" for each in content) + end).encode()
