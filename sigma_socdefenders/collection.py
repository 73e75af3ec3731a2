"""`SocDefendersCollection`: a pySigma collection of rules that knows its indicators."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sigma.rule import SigmaRule

from sigma_socdefenders import flow
from sigma_socdefenders.audit.summary import Summary
from sigma_socdefenders.rules.build import build_all, with_rules
from sigma_socdefenders.rules.grouping import build_groups
from sigma_socdefenders.rules.identity import ListName
from sigma_socdefenders.rules.profiles.loading import load_profile
from sigma_socdefenders.rules.refusals import Refusals
from sigma_socdefenders.rules.snapshots import ReusableCollection
from sigma_socdefenders.rules.yaml_writer import to_yaml
from sigma_socdefenders.selection import Selection

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    import httpx
    from sigma.collection import SigmaCollection
    from typing_extensions import Self, Unpack

    from sigma_socdefenders.audit.skipped import Skipped
    from sigma_socdefenders.feed import ApiKey, FeedClient, FeedRun
    from sigma_socdefenders.indicators.filters import FilterParameters
    from sigma_socdefenders.indicators.indicator import Indicator, SourcedIndicator
    from sigma_socdefenders.indicators.record import Record
    from sigma_socdefenders.rules.grouping import Capacity
    from sigma_socdefenders.sources import InputFormat, ToIds
    from sigma_socdefenders.sources.servers import Server

__all__ = ["SocDefendersCollection"]


class SocDefendersCollection(ReusableCollection):
    """A `SigmaCollection` built from IOC records; every pySigma backend takes it as it is.

    It can be converted any number of times, for any number of backends.

    Attributes:
        rules: the Sigma rules, in the order of their indicators.
        indicators: the indicators behind the rules, in order.
        read: how many records were read.
        skipped: the records that became no rule, each with its position, value and reason.
        errors: with `collect_errors`, the error behind each refused record.
    """

    indicators: list[Indicator]
    read: int
    skipped: list[Skipped]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.indicators = []
        self.read = 0
        self.skipped = []

    @property
    def kept(self) -> int:
        """How many of the records that were read became rules."""
        return self.read - len(self.skipped)

    @property
    def dropped(self) -> Counter[str]:
        """How many records became no rule, by reason."""
        return Counter(each.reason.value for each in self.skipped)

    @classmethod
    def from_records(
        cls,
        records: Iterable[Record],
        *,
        selection: Selection | None = None,
        profile: str = "default",
        name: str | None = None,
        group: Capacity | None = None,
        collect_errors: bool = False,
    ) -> Self:
        """Build the rules of records in the shape of the feed's JSON.

        Args:
            records: mappings with a `value` and whatever else is known (see `Indicator`).
            selection: what to make rules of (default: all that does no harm, see
                `sigma_socdefenders.selection`); what it leaves out is counted in `dropped`.
            profile: a profile's name, or the path of a YAML file.
            name: the list's name (`acme-apt`), which gives its rules ids and titles of their own
                and is named as their source; without one, the list is the feed's.
            group: let indicators share rules, as many as this allows (see
                `sigma_socdefenders.rules.grouping`); each has rules of its own by default.
            collect_errors: skip what is no indicator, count it in `dropped` and keep its error
                in `errors`, instead of raising it.

        Raises:
            InvalidIndicatorError: a record is no indicator, and errors are not collected.
            ProfileError: there is no such profile.
            ListNameError: a list cannot have that name.
        """
        return cls._from_sourced(
            lambda selected, summary: flow.from_records(records, selected, summary),
            selection=selection,
            profile=profile,
            name=name,
            group=group,
            collect_errors=collect_errors,
        )

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str] | Server,
        *,
        to_ids: ToIds = "auto",
        input_format: InputFormat = "auto",
        selection: Selection | None = None,
        profile: str = "default",
        name: str | None = None,
        group: Capacity | None = None,
        collect_errors: bool = False,
    ) -> Self:
        """Build the rules of a file of records, or of a TAXII or MISP server.

        Args:
            path: a file in any form that `sigma_socdefenders.sources` reads, a folder of such
                files, or `-` for standard input; or a server: its address
                (`taxii+https://host/path/`, `misp+https://host/`), or a
                `sigma_socdefenders.sources.servers.Server`.
            to_ids: which attributes of MISP events to take; see `sigma_socdefenders.sources.read`.
            input_format: what form the file has (default: detected from its content); see
                `sigma_socdefenders.sources.InputFormat`.
            selection: as for `from_records`.
            profile: a profile's name, or the path of a YAML file.
            name: as for `from_records`.
            group: as for `from_records`.
            collect_errors: as for `from_records`.

        Raises:
            SourceError: the file cannot be read.
            FeedError: the server cannot be read; see `sigma_socdefenders.errors`.
            InvalidIndicatorError: a record is no indicator, and errors are not collected.
            ProfileError: there is no such profile.
            ListNameError: a list cannot have that name.
        """
        return cls._from_sourced(
            lambda selected, summary: flow.from_sources(
                [path], selected, summary, to_ids=to_ids, input_format=input_format
            ),
            selection=selection,
            profile=profile,
            name=name,
            group=group,
            collect_errors=collect_errors,
        )

    @classmethod
    def from_feed(
        cls,
        api_key: str | ApiKey | None = None,
        *,
        partial: bool = False,
        api_key_file: str | os.PathLike[str] | None = None,
        base_url: str | None = None,
        allow_http: bool = False,
        client: httpx.Client | FeedClient | None = None,
        selection: Selection | None = None,
        profile: str = "default",
        name: str | None = None,
        group: Capacity | None = None,
        collect_errors: bool = False,
        **filters: Unpack[FilterParameters],
    ) -> Self:
        """Read the live feed and build its rules: all that the parameters ask for, or an error.

        Args:
            api_key: the key (default: `SOCDEFENDERS_API_KEY`).
            partial: where the feed fails after some records, keep those, and the error in
                `errors`.
            api_key_file: a file that holds the key.
            base_url: the API's address (default: `SOCDEFENDERS_BASE_URL`, else the public one).
            allow_http: take plain HTTP to another machine.
            client: your own `httpx.Client`; or a `FeedClient`, which has a key and an address.
            selection: as for `from_records`; its `filters` are left to the parameters above.
            profile: a profile's name, or the path of a YAML file.
            name: as for `from_records`.
            group: as for `from_records`.
            collect_errors: as for `from_records`.
            **filters: what to ask for: `type` (one or several), `since`, `confidence`,
                `industry`, `category` and `limit` (default: all), as for `Filters.parse`.

        Raises:
            FeedError: the feed cannot be read; see `sigma_socdefenders.errors`.
            InvalidIndicatorError: a record is no indicator, and errors are not collected.
            ProfileError: there is no such profile.
            ListNameError: a list cannot have that name.
        """
        from sigma_socdefenders.feed import Filters, open_client  # noqa: PLC0415 - needs HTTP

        query = Filters.parse(**filters)
        opened = open_client(api_key, api_key_file, base_url, client, allow_http=allow_http)
        # A traceback that shows local variables is not to show the key.
        del api_key
        runs: list[FeedRun] = []

        def read(selected: Selection, summary: Summary) -> Iterator[SourcedIndicator]:
            runs.append(feed.read(query, partial=partial))
            return flow.from_feed(runs[0], selected, summary)

        with opened as feed:
            found = cls._from_sourced(
                read,
                selection=selection,
                profile=profile,
                name=name,
                group=group,
                collect_errors=collect_errors,
            )
        if runs[0].failure is not None:
            found.errors.append(runs[0].failure)
        return found

    @classmethod
    def from_endpoint(
        cls,
        api_key: str | ApiKey | None = None,
        *,
        type: str | Iterable[str] | None = None,  # noqa: A002 - the API's own name for it
        since: str | date | None = None,
        confidence: str | None = None,
        industry: str | None = None,
        limit: int | None = None,
        api_key_file: str | os.PathLike[str] | None = None,
        base_url: str | None = None,
        allow_http: bool = False,
        client: httpx.Client | FeedClient | None = None,
        collect_errors: bool = False,
    ) -> Self:
        """Read the feed's own ready-made rules (`GET /api/v1/iocs/sigma`), to compare with ours.

        The key has to be a Pro key. The rules are what the endpoint made, `indicators` is empty.

        Args:
            api_key: as for `from_feed`, like all that is not named here.
            type: one indicator type or several.
            since: ISO 8601; only what was added or updated after it.
            confidence: `high`, `medium` or `low`.
            industry: a CISA sector.
            limit: the most rules to read, at most 10,000.
            api_key_file: a file that holds the key.
            base_url: the API's address.
            allow_http: take plain HTTP to another machine.
            client: your own `httpx.Client`, or a `FeedClient`.
            collect_errors: keep pySigma's errors of a rule in `errors`, instead of raising them.

        Raises:
            FeedError: the endpoint cannot be read, or may hold more rules than it gave.
            SigmaError: a rule is none, and errors are not collected.
        """
        from sigma_socdefenders.feed import Filters, open_client  # noqa: PLC0415 - needs HTTP

        query = Filters.parse(
            type=type, since=since, confidence=confidence, industry=industry, limit=limit
        )
        opened = open_client(api_key, api_key_file, base_url, client, allow_http=allow_http)
        del api_key
        with opened as feed:
            documents = feed.read_rules(query)
        rules: list[Any] = [SigmaRule.from_dict(each, collect_errors) for each in documents]
        errors = [error for rule in rules for error in rule.errors]
        return cls(rules, errors=errors, resolve_references=False)

    @classmethod
    def _from_sourced(
        cls,
        read: Callable[[Selection, Summary], Iterator[SourcedIndicator]],
        *,
        selection: Selection | None,
        profile: str,
        name: str | None,
        group: Capacity | None,
        collect_errors: bool,
    ) -> Self:
        loaded = load_profile(profile, ListName.parse(name))
        skipped: list[Skipped] = []
        summary = Summary(errors="skip" if collect_errors else "raise", on_skipped=skipped.append)
        refusals = Refusals(holds_positions=group is not None)
        found = read(selection or Selection(), summary)
        found = refusals.noting(flow.kept(with_rules(found, loaded), summary))
        built = (
            build_all(found, loaded)
            if group is None
            else build_groups(
                found, loaded, group, on_error=refusals.add if collect_errors else None
            )
        )
        rules: list[Any] = []
        kept: dict[int, Indicator] = {}
        for rule, members in built:
            rules.append(rule)
            kept.update((id(member), member) for member in members)
        for each in refusals.skipped(loaded):
            summary.skip(each)
        errors = [each.error for each in skipped if each.error is not None]
        collection = cls(rules, errors=errors, resolve_references=False)
        collection.indicators = list(kept.values())
        collection.read = summary.read
        collection.skipped = skipped
        return collection

    @classmethod
    def merge(  # the signature is pySigma's
        cls,
        collections: Iterable[SigmaCollection],
        resolve_references: bool = True,  # noqa: FBT001, FBT002
    ) -> Self:
        """Return one collection of all rules, with the indicators and drops of those that have any.

        Args:
            collections: the collections, of this or any other kind.
            resolve_references: whether to resolve the references of correlation rules.
        """
        parts = list(collections)
        merged: Self = super().merge(parts, resolve_references)
        for part in parts:
            if isinstance(part, SocDefendersCollection):
                merged.indicators += part.indicators
                merged.read += part.read
                merged.skipped += part.skipped
        return merged

    def to_yaml(self) -> str:
        """Return the rules as standard Sigma YAML, one document a rule."""
        return to_yaml(self.kept_rules)
