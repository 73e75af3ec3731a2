"""What a target is: a pySigma backend, the processing pipeline that suits it, and its formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sigma.pipelines.socdefenders import pipelines
from sigma_socdefenders.errors import SettingsError, TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sigma.conversion.base import Backend

    from sigma_socdefenders.targets.limits import QueryLimit
    from sigma_socdefenders.targets.settings import ConversionSettings

__all__ = ["Target", "load_reference"]

# Of a rule these hold the query alone, without its name and id.
_BARE = frozenset({"default", "data_model", "dsl", "dsl_lucene", "eqlapi", "filter"})


@dataclass(frozen=True, slots=True)
class Target:
    """A place that queries can be made for.

    Attributes:
        name: what the user calls it.
        title: what it is, for a person.
        backend: `module:class` of the pySigma backend.
        pipeline: the processing pipeline's name, as in `sigma convert -p`.
        sigma_target: the backend's name in `sigma convert -t`.
        formats: the output formats that suit the target.
        own_formats: those of them that the backend does not have: for each, the name of the
            pipeline that makes it of another format.
        base_formats: the backend's format that an own one is made of, where it is not default.
        file_formats: the formats that platforms keep as files, a rule each: for each,
            `module:name` of what gives a rule's text the name of its file.
        limit: what it takes as one query.
        extra: what to install the package with for the backend; empty (default) where it comes
            with the package.
        lookups: `module:name` of how it keeps tables; empty where it has none.
    """

    name: str
    title: str
    backend: str
    pipeline: str
    sigma_target: str
    formats: tuple[str, ...]
    limit: QueryLimit
    own_formats: Mapping[str, str] = field(default_factory=dict)
    base_formats: Mapping[str, str] = field(default_factory=dict)
    file_formats: Mapping[str, str] = field(default_factory=dict)
    lookups: str = ""
    extra: str = ""

    def names_rules(self, output_format: str) -> bool:
        """Say whether a format holds the names and ids of rules, and so that of their list."""
        return output_format not in _BARE

    def backend_format(self, output_format: str) -> str:
        """Return the backend's format that a format of the target is made of."""
        if output_format in self.own_formats:
            return self.base_formats.get(output_format, "default")
        return output_format

    def make_backend(
        self, output_format: str = "default", settings: ConversionSettings | None = None
    ) -> Backend:
        """Return a new backend with the pipelines of the target, of the format and of the settings.

        Raises:
            TargetError: the backend is an extra that is not installed.
            SettingsError: a pipeline of the settings cannot be used, or a backend option is wrong.
        """
        from sigma_socdefenders.targets.settings import (  # noqa: PLC0415 - start-up time
            ConversionSettings,
        )

        settings = settings or ConversionSettings()
        own = self.own_formats.get(output_format)
        names = [self.pipeline] if own is None else [self.pipeline, own]
        pipeline = settings.joined([pipelines[name]() for name in names], self.sigma_target)
        try:
            backend_class = load_reference(self.backend)
        except ModuleNotFoundError:
            if not self.extra:
                raise
            raise TargetError(
                f"The target {self.name} needs a pySigma backend that is not installed: use"
                f" `pip install 'sigma-socdefenders[{self.extra}]'`."
            ) from None
        try:
            backend: Backend = backend_class(pipeline, **settings.backend_options)
        except TypeError as error:
            raise SettingsError(f"A backend option of {self.name} is wrong: {error}.") from None
        return backend


def load_reference(reference: str) -> Any:
    """Return what `module:name` names, importing the module."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)
