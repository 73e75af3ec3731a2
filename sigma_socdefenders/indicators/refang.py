"""Taking the defanging off: values as software writes them."""

from __future__ import annotations

import re

__all__ = ["refang"]

_BLANKS = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u2060\ufeff"
_SUSPECT = re.compile(r"[\[\](){}\\<]")
_ODD_SCHEME = re.compile(r"[hf](?!ttps?://|tp://)[a-z*]{2,5}[:/]", re.IGNORECASE)
_SCHEME = re.compile(r"^(?:h(?!ttp)(?:[tx]{2,3}|\*\*)p(s?)|(fxp))(?=:)", re.IGNORECASE)
_ONE_SLASH = re.compile(r"^(https?|ftp):/(?=[^/])", re.IGNORECASE)
_BRACKETED = re.compile(
    r"[\[({]\s*(?:(\.|dot|punto)|(:)|(@|at)|(://|:\\\\)|(/))\s*[\])}]"
    r"|(\\\.|<(?:\.|dot)>)|\\(?=://)",
    re.IGNORECASE,
)
# A bound, so that a long run of brackets costs no more than other text.
_DEEPEST = 8
_ONE_SIDED = re.compile(r"\[\.|\.\]|\(\.|\.\)|\{\.|\.\}")


# A host may be without a letter, as in `http://[::]/`.
_BEFORE_PATH = re.compile(
    r"(?:[a-z*]{2,8}[\[({]*:[^\w/?#]*(?:/[^\w/?#]*){0,2})?[^/?#]*", re.IGNORECASE
)


def _bare(match: re.Match[str]) -> str:
    dot, colon, at, separator, slash, other_dot = match.groups()
    if dot or other_dot:
        return "."
    return ":" if colon else "@" if at else "://" if separator else "/" if slash else ""


def _is_word_of_path(match: re.Match[str]) -> bool:
    return match[3] is not None or (match[1] or "").lower() == "punto"


def refang(text: str) -> str:
    r"""Return a value as software writes it, with the outer blanks and the defanging taken off.

    Known forms: `hxxp`, `htxp`, `h**p` and `fxp` schemes, and `.`, `dot`, `punto`, `:`, `@`, `at`,
    `://` and `/` in square, round or curly brackets, `<.>`, `<dot>`, `\.`, a bracket on one side
    of a dot (`evil[.example`) in a value or, for a URL, in its host, and one slash behind a scheme.
    Idempotent.
    """
    text = text.strip(_BLANKS)
    # Most values are not defanged, and are told apart without a regular expression.
    if text.isalnum() or (_SUSPECT.search(text) is None and not _ODD_SCHEME.match(text)):
        return text
    bare = text
    for _ in range(_DEEPEST):
        before, bare = bare, _peeled(bare)
        if bare == before:
            return bare
    return text


def _peeled(text: str) -> str:
    """Return a value with one layer of its defanging taken off."""
    text = _SCHEME.sub(lambda m: "ftp" if m[2] else "http" + m[1].lower(), text)
    before_path = _BEFORE_PATH.match(text)
    assert before_path is not None
    end = before_path.end()
    # Behind the host, `?q[at]=1` is the name of a parameter, and `[punto]` a word.
    bare = _BRACKETED.sub(
        lambda m: m[0] if m.start() >= end and _is_word_of_path(m) else _bare(m), text
    )
    text = _ONE_SLASH.sub(r"\1://", bare)
    head, separator, tail = text.partition("://")
    if separator:
        host, slash, path = tail.partition("/")
        text = f"{head}://{_ONE_SIDED.sub('.', host)}{slash}{path}"
    elif "/" in text:
        host, slash, path = text.partition("/")
        text = f"{_ONE_SIDED.sub('.', host)}/{path}"
    else:
        text = _ONE_SIDED.sub(".", text)
    return text.strip(_BLANKS)
