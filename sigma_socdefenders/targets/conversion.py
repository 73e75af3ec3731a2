"""Rules become queries: the conversion of many, of one, and the result as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sigma.exceptions import SigmaConfigurationError, SigmaError

from sigma_socdefenders.errors import SettingsError, TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sigma.rule import SigmaRule

    from sigma_socdefenders.rules.build import BuiltRule
    from sigma_socdefenders.targets.settings import ConversionSettings
    from sigma_socdefenders.targets.target import Target

__all__ = ["Converter", "convert", "render"]


def convert(
    rules: Iterable[BuiltRule],
    target: Target,
    output_format: str = "default",
    *,
    settings: ConversionSettings | None = None,
    on_error: Callable[[BuiltRule, TargetError], object] | None = None,
) -> Any:
    """Convert rules, which the conversion changes, to a target's queries.

    Args:
        rules: the rules, read once.
        target: where to.
        output_format: one of the target's formats.
        settings: deployment, further pipelines and backend options.
        on_error: called with each rule that cannot be converted, which is then left out;
            without it the first such rule ends the conversion.

    Returns:
        What the backend gives for the format: a list of queries, a text, or a list of documents.

    Raises:
        TargetError: without `on_error`, a rule cannot be converted.
        SettingsError: the target has no such format, or the settings do not suit it.
    """
    converter = Converter(target, output_format, settings)
    return converter.finish(converter.all_queries(rules, on_error=on_error))


class Converter:
    """Converts rules to one format of a target, one by one.

    Args:
        target: where to.
        output_format: one of the target's formats.
        settings: deployment, further pipelines and backend options.

    Raises:
        SettingsError: the target has no such format, or the settings do not suit it.
    """

    def __init__(
        self,
        target: Target,
        output_format: str = "default",
        settings: ConversionSettings | None = None,
    ) -> None:
        if output_format not in target.formats:
            known = ", ".join(target.formats)
            raise SettingsError(
                f"Target '{target.name}' has no format '{output_format}': use {known}."
            )
        self.target = target
        self.output_format = output_format
        self._backend = target.make_backend(output_format, settings)
        self._format = target.backend_format(output_format)
        self._backend.init_processing_pipeline(self._format)

    def queries(self, rule: SigmaRule) -> list[Any]:
        """Return the queries of a rule, which the conversion changes.

        Raises:
            TargetError: the rule cannot be converted.
            SettingsError: no rule can be, for a setting is one that the target cannot have.
        """
        try:
            return self._backend.convert_rule(rule, self._format)
        except SigmaConfigurationError as error:
            # No rule can be converted so: to leave out one after the other would hide why.
            raise SettingsError(" ".join(str(error).split())) from None
        except (SigmaError, NotImplementedError) as error:
            reason = " ".join(str(error).split())
        except Exception as error:  # noqa: BLE001 - backends fail in every way; the rest must go on
            reason = f"its backend fails with {type(error).__name__}: {error}"
        raise TargetError(f"'{rule.title}' cannot be converted for {self.target.name}: {reason}")

    def all_queries(
        self,
        rules: Iterable[BuiltRule],
        *,
        on_error: Callable[[BuiltRule, TargetError], object] | None = None,
    ) -> list[Any]:
        """Return the queries of rules, one after the other; see `convert`.

        Raises:
            TargetError: without `on_error`, a rule cannot be converted.
        """
        queries: list[Any] = []
        for built in rules:
            try:
                queries += self.queries(built.rule)
            except TargetError as error:  # noqa: PERF203 - a conversion costs far more
                if on_error is None:
                    raise
                on_error(built, error)
        return queries

    def finish(self, queries: list[Any]) -> Any:
        """Return the result of all queries in the format."""
        return self._backend.finalize(queries, self._format)


def render(result: Any) -> str:
    """Return a conversion's result as text, as `sigma convert` prints it; empty for none."""
    if isinstance(result, bytes):
        result = result.decode()
    if isinstance(result, str):
        return _ended(result)
    if isinstance(result, dict):
        return json.dumps(result) + "\n"
    items = [item if isinstance(item, str) else json.dumps(item) for item in result]
    between = "\n\n" if any(isinstance(item, str) for item in result) else "\n"
    return _ended(between.join(items)) if items else ""


def _ended(text: str) -> str:
    return text + "\n"
