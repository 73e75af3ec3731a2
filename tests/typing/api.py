"""What users write with the package: read by mypy, strictly, and never run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from sigma.collection import SigmaCollection

from sigma_socdefenders import (
    Confidence,
    Indicator,
    IndicatorType,
    Reason,
    Selection,
    Skipped,
    SocDefendersCollection,
    SocDefendersError,
)
from sigma_socdefenders.http.retry import RetryPolicy
from sigma_socdefenders.sources.servers import BearerToken, Server

selection: Selection = Selection.parse(type="ipv4", keep="private", max_age="30d", limit=10)
several: Selection = Selection.parse(type=["ipv4", "domain"], keep=["private", "no-tld"])

records: list[dict[str, Any]] = [{"type": "domain", "value": "evil[.]example"}]
rules: SocDefendersCollection = SocDefendersCollection.from_records(records, selection=selection)
from_file: SocDefendersCollection = SocDefendersCollection.from_file(
    Path("iocs.csv"), input_format="csv", to_ids="all", name="acme-apt", collect_errors=True
)
from_server: SocDefendersCollection = SocDefendersCollection.from_file(
    Server("taxii+https://taxii.example/", credentials=BearerToken("t"), retries=RetryPolicy()),
    to_ids="only",
)
from_address: SocDefendersCollection = SocDefendersCollection.from_file(
    "misp+https://misp.example/"
)
from_feed: SocDefendersCollection = SocDefendersCollection.from_feed(
    type="ipv4", since="2026-11-01T00:00:00Z", confidence="high", limit=10_000
)
as_pysigma: SigmaCollection = rules
merged: SocDefendersCollection = SocDefendersCollection.merge([rules, from_file])

text: str = rules.to_yaml()
indicators: list[Indicator] = rules.indicators
kind: IndicatorType = indicators[0].type
confidence: Confidence | None = indicators[0].confidence
read: int = rules.read
kept: int = rules.kept
dropped: Counter[str] = rules.dropped
skipped: list[Skipped] = rules.skipped
reason: Reason = skipped[0].reason
told: tuple[str, str, str, int] = (
    reason.sentence,
    skipped[0].detail,
    skipped[0].position.source,
    skipped[0].position.number,
)
error: SocDefendersError | None = skipped[0].error
