"""Whatever JSON a server answers with, a reading yields records or ends with an error of ours."""

from __future__ import annotations

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigma_socdefenders.audit.skipped import Skipped
from sigma_socdefenders.errors import FeedError
from sigma_socdefenders.indicators.record import SourcedRecord
from sigma_socdefenders.sources.servers import BearerToken, MispKey
from tests.sources.servers.helpers import attribute, indicator, opened

_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "x", "/api/", "..", "é\0"]),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "value", "objects", "x"]), inside, max_size=3
        )
    ),
    max_leaves=6,
)
_KEYS = (
    "api_roots", "default", "versions", "collections", "can_read", "id", "objects", "more", "next",
    "response", "Attribute",
)  # fmt: skip
_KNOWN = st.sampled_from(
    [
        [indicator(1)],
        [attribute(1)],
        {"Attribute": [attribute(1)]},
        [{"id": "a", "can_read": True}],
        ["/api/"],
        True,
    ]
)
_DOCUMENT = st.dictionaries(st.sampled_from(_KEYS), _KNOWN | _ANY, max_size=6)


@pytest.mark.parametrize(
    ("address", "credentials"),
    [
        ("taxii+https://taxii.example/", BearerToken("t")),
        ("taxii+https://taxii.example/api/collections/a/", BearerToken("t")),
        ("misp+https://misp.example/", MispKey("k")),
    ],
)
@given(documents=st.lists(_DOCUMENT, min_size=1, max_size=4), added=st.text(max_size=3))
def test_no_answer_ends_in_a_traceback(address, credentials, documents, added):
    """A reading ends, in records and what is skipped, or in one `FeedError`."""
    answers = iter(documents)

    def answer(_request):
        document = next(answers, documents[-1])
        headers = {"X-TAXII-Date-Added-Last": added.encode("ascii", "replace")}
        return httpx.Response(200, headers=headers, content=json.dumps(document).encode())

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        server, _ = opened(address, credentials=credentials, client=client)
        found = server.records()
        while True:
            try:
                each = next(found)
            except (StopIteration, FeedError):
                break
            assert isinstance(each, (SourcedRecord, Skipped))
