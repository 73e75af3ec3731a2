"""What a conversion is told beside its target: deployment, own pipelines, backend options."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sigma.exceptions import (
    SigmaError,
    SigmaPipelineNotAllowedForBackendError,
    SigmaPipelineNotFoundError,
)

from sigma.pipelines.socdefenders.rule_formats.deployment import Deployment
from sigma_socdefenders.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sigma.processing.pipeline import ProcessingPipeline

__all__ = ["ConversionSettings"]


@dataclass(frozen=True, slots=True)
class ConversionSettings:
    """What a conversion is told beside its target and format.

    Attributes:
        deployment: where the rules search, how often they run, how far back they look.
        pipelines: further processing pipelines: names as in `sigma list pipelines`, YAML files,
            or folders of such files. They are joined with the target's own by their priority.
        backend_options: arguments of the pySigma backend.
        said: the names of the settings that count against the pipelines' variables even where
            they are as by default; all others do.
    """

    deployment: Deployment = field(default_factory=Deployment)
    pipelines: tuple[str, ...] = ()
    backend_options: Mapping[str, Any] = field(default_factory=dict)
    said: frozenset[str] = frozenset()

    def deployed(self, sigma_target: str) -> Deployment:
        """Return the deployment's settings together with those among the pipelines' variables.

        Args:
            sigma_target: the backend's name in `sigma convert -t`.

        Raises:
            SettingsError: see `joined`.
        """
        return Deployment.of(self.joined([], sigma_target))

    def joined(self, own: list[ProcessingPipeline], sigma_target: str) -> ProcessingPipeline:
        """Return a target's pipelines, the user's and the deployment's variables as one.

        Args:
            own: the target's pipelines, which come first among those of equal priority.
            sigma_target: the backend's name in `sigma convert -t`.

        Raises:
            SettingsError: a pipeline is not there, not valid, or for other backends; or a
                deployment setting among its variables is wrong.
        """
        from sigma.processing.pipeline import ProcessingPipeline  # noqa: PLC0415 - start-up time

        further = [_resolved(name, sigma_target) for name in self.pipelines]
        ordered = sorted((*own, *further), key=lambda pipeline: pipeline.priority)
        # Last, and so the one that counts: what is said for this conversion alone.
        said = ProcessingPipeline(vars=self.deployment.variables(self.said))
        joined: ProcessingPipeline = sum((*ordered, said), ProcessingPipeline())
        try:
            Deployment.of(joined)
        except SigmaError as error:
            raise SettingsError(str(error)) from None
        return joined


def _resolved(name: str, sigma_target: str) -> ProcessingPipeline:
    from sigma.processing.resolver import ProcessingPipelineResolver  # noqa: PLC0415 - as above

    if os.path.exists(name):  # noqa: PTH110 - a name may be no path at all
        resolver = ProcessingPipelineResolver()
    else:
        from sigma.plugins import InstalledSigmaPlugins  # noqa: PLC0415 - imports every plugin

        resolver = InstalledSigmaPlugins.autodiscover().get_pipeline_resolver()
    try:
        return resolver.resolve([name], sigma_target)
    except SigmaPipelineNotAllowedForBackendError:
        raise SettingsError(
            f"The pipeline '{name}' is not for the backend {sigma_target}."
        ) from None
    except SigmaPipelineNotFoundError:
        raise SettingsError(
            f"There is no pipeline '{name}': use a name of `sigma list pipelines`, or a YAML file."
        ) from None
    except (SigmaError, OSError, ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise SettingsError(f"The pipeline '{name}' cannot be used: {reason}") from None
