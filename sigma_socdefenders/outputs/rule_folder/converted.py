"""Rules become a platform's own files: what a format makes of each, under the name it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigma_socdefenders.errors import SettingsError, TargetError
from sigma_socdefenders.outputs.rule_folder.naming import Document
from sigma_socdefenders.targets import load_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sigma_socdefenders.rules.build import BuiltRule
    from sigma_socdefenders.targets import Converter

__all__ = ["converted_documents"]


def converted_documents(
    built: Iterable[BuiltRule],
    converter: Converter,
    *,
    on_error: Callable[[BuiltRule, TargetError], object] | None = None,
) -> Iterator[Document]:
    """Return the document of each rule, in order; of several under one name, the first alone.

    Args:
        built: the rules, which the conversion changes.
        converter: converts to a format that is kept as files.
        on_error: called with each rule that cannot be converted, which is then left out; without
            it the first such rule ends the run.

    Raises:
        SettingsError: at once, the format is not kept as files.
        TargetError: without `on_error`, a rule cannot be converted.
    """
    target, output_format = converter.target, converter.output_format
    if output_format not in target.file_formats:
        known = ", ".join(target.file_formats) or "none"
        raise SettingsError(
            f"The format '{output_format}' of {target.name} is not kept as files, a rule each: "
            f"its formats that are: {known}."
        )
    file_name = load_reference(target.file_formats[output_format])
    return _documents(built, converter, file_name, on_error)


def _documents(
    built: Iterable[BuiltRule],
    converter: Converter,
    file_name: Callable[[str], str],
    on_error: Callable[[BuiltRule, TargetError], object] | None,
) -> Iterator[Document]:
    paths: set[str] = set()
    for each in built:
        kind = each.indicators[0].type.value
        try:
            texts = converter.queries(each.rule)
        except TargetError as error:
            if on_error is None:
                raise
            on_error(each, error)
            continue
        for text in texts:
            path = f"{kind}/{file_name(text)}"
            if path not in paths:
                paths.add(path)
                yield Document(path, f"{text}\n".encode(), len(each.indicators))
