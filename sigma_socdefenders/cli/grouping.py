"""The options that say whether indicators share rules, and how many share one."""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from sigma_socdefenders.targets import TARGETS, find_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sigma_socdefenders.audit.summary import Summary
    from sigma_socdefenders.errors import TargetError
    from sigma_socdefenders.indicators.indicator import SourcedIndicator
    from sigma_socdefenders.rules.build import BuiltRule
    from sigma_socdefenders.rules.grouping import Capacity
    from sigma_socdefenders.rules.identity import ListName
    from sigma_socdefenders.targets.settings import ConversionSettings

__all__ = ["Grouping", "grouping_options"]

_Command = TypeVar("_Command", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a command is told about groups: the options of `grouping_options`."""

    group: bool = False
    group_size: int | None = None
    query_length: int | None = None
    group_for: str | None = None

    def rules(
        self,
        found: Iterable[SourcedIndicator],
        profile: str,
        list_name: ListName,
        summary: Summary,
        *,
        settings: ConversionSettings | None = None,
        on_error: Callable[[BuiltRule, TargetError], object] | None = None,
        advance: Callable[[int], object] | None = None,
    ) -> Iterator[BuiltRule]:
        """Build the rules of indicators, one by one or grouped; see `build_groups`.

        Args:
            found: the indicators.
            profile: a profile's name, or the path of a YAML file.
            list_name: the list that the rules come from.
            summary: counts those that the profile has no rule for.
            settings: what the queries that are measured are converted with.
            on_error: called with each rule that is too long for the target.
            advance: called with a number of indicators when their group has been found, and again
                when the next rule is asked for.

        Raises:
            click.UsageError: an option of groups is given without `--group`.
            ProfileError: there is no such profile.
        """
        sized = {"--group-size": self.group_size, "--query-length": self.query_length}
        for name, value in sized.items():
            if value is not None and not self.group:
                raise click.UsageError(f"{name} is for rules that are grouped: add --group.")
        from sigma_socdefenders import flow
        from sigma_socdefenders.rules.build import build_all, with_rules
        from sigma_socdefenders.rules.profiles.loading import load_profile

        loaded = load_profile(profile, list_name)
        found = flow.kept(with_rules(found, loaded), summary)
        if not self.group:
            return build_all(found, loaded)
        from sigma_socdefenders.rules.grouping import build_groups

        capacity = self._capacity(settings)
        if advance is None:
            return build_groups(found, loaded, capacity, on_error=on_error)
        from sigma_socdefenders.cli.progress import Watched

        built = build_groups(found, loaded, Watched(capacity, advance), on_error=on_error)
        return _telling(built, advance)

    def _capacity(self, settings: ConversionSettings | None) -> Capacity:
        from sigma_socdefenders.rules.grouping import DEFAULT_VALUES, ValueCapacity
        from sigma_socdefenders.targets.capacity import QueryCapacity

        if self.group_for is None:
            if self.query_length is not None:
                raise click.UsageError("--query-length is a target's: name it by --group-for.")
            return ValueCapacity(self.group_size or DEFAULT_VALUES)
        target = find_target(self.group_for)
        limit = target.limit
        if self.query_length is not None:
            limit = replace(limit, characters=self.query_length)
        values = None if self.group_size is None else ValueCapacity(self.group_size)
        return QueryCapacity(target, limit, values, settings)


def _telling(built: Iterable[BuiltRule], advance: Callable[[int], object]) -> Iterator[BuiltRule]:
    for one in built:
        yield one
        advance(len(one.indicators))


def grouping_options(*, default: bool) -> Callable[[_Command], _Command]:
    """Add the options of groups; the command gets them as `grouping`.

    Its own `--target` is what the groups are made for, where it has to be given; without such a
    one, `--group-for` is added.

    Args:
        default: whether rules are grouped where neither is asked for.
    """

    def decorate(command: _Command) -> _Command:
        has_target = any(
            parameter.name == "target" and parameter.required
            for parameter in getattr(command, "__click_params__", ())
        )

        @functools.wraps(command)
        def bundled(*arguments: Any, **options: Any) -> Any:
            if has_target:
                options["group_for"] = options["target"]
            found = {field.name: options.pop(field.name) for field in fields(Grouping)}
            return command(*arguments, grouping=Grouping(**found), **options)

        added = [
            click.option(
                "--group/--per-indicator",
                default=default,
                help="Let indicators of one type and level share rules, or give each its own "
                f"({'grouped' if default else 'its own'} by default).",
            ),
            click.option(
                "--group-size",
                type=click.IntRange(min=1),
                metavar="N",
                help="At most N values in one grouped rule.",
            ),
            click.option(
                "--query-length",
                type=click.IntRange(min=1),
                metavar="N",
                help="At most N characters in the query of one grouped rule (default: the "
                "target's own limit).",
            ),
        ]
        if not has_target:
            added.append(
                click.option(
                    "--group-for",
                    type=click.Choice(list(TARGETS)),
                    help="Group by what this target takes as one query, instead of by count.",
                )
            )
        for add in reversed(added):
            bundled = add(bundled)
        return cast("_Command", bundled)

    return decorate
