"""From a profile's YAML to a `Profile`, with every part of it checked."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from sigma.exceptions import SigmaError
from sigma.rule import SigmaLevel, SigmaLogSource, SigmaRuleTag, SigmaStatus
from sigma.rule.base import SigmaYAMLLoader

from sigma_socdefenders.errors import ProfileError
from sigma_socdefenders.indicators.ioc_types import IndicatorType, indicator_type
from sigma_socdefenders.rules.identity import FEED, ListName
from sigma_socdefenders.rules.profiles import PROFILES, profile_names
from sigma_socdefenders.rules.profiles.detections import DetectionTemplate
from sigma_socdefenders.rules.profiles.keys import check_keys
from sigma_socdefenders.rules.profiles.model import Metadata, Profile, RuleTemplate
from sigma_socdefenders.rules.profiles.texts import TextTemplate, parse_template

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["load_profile"]

_DATES = ("date", "modified")
_DEEPEST = 32


@lru_cache(maxsize=32)
def load_profile(name: str, list_name: ListName = FEED) -> Profile:
    """Return a profile by its name, or from the YAML file of that path.

    Args:
        name: the profile's name or path.
        list_name: the list that the rules come from, which `{list}` and `{source}` stand for.

    Raises:
        ProfileError: there is no such profile or file, or it is malformed; the message names
            the place in it.
    """
    return _compiled(name, _document(name, seen=()), list_name)


def _document(name: str, *, seen: tuple[str, ...]) -> dict[str, Any]:
    """Read a profile's YAML, laid over the profile that it extends."""
    if name in seen or len(seen) > _DEEPEST:
        raise ProfileError(f"Profile '{name}' extends itself by way of {' and '.join(seen)}.")
    try:
        text = _text(name)
        document = yaml.load(text, SigmaYAMLLoader)  # noqa: S506 - a subclass of CSafeLoader
    except ProfileError:
        raise
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise ProfileError(f"Profile '{name}' is not valid YAML: {reason}") from None
    if not isinstance(document, dict):
        raise ProfileError(f"Profile '{name}' is not a mapping with 'types'.")
    check_keys(document, name)
    if (base := document.get("extends")) is None:
        return document
    below = _document(_beside(name, str(base)), seen=(*seen, name))
    types = dict(_mapping(below.get("types"), name, "types"))
    for kind, entry in _mapping(document.get("types"), name, "types").items():
        types[kind] = {**types.get(kind, {}), **_mapping(entry, name, f"types.{kind}")}
    rule = {
        **_mapping(below.get("rule"), name, "rule"),
        **_mapping(document.get("rule"), name, "rule"),
    }
    return {**below, **document, "types": types, "rule": rule}


def _beside(name: str, base: str) -> str:
    """Return the profile that another extends: a name, or a path from the other's folder."""
    if base in profile_names() or name in profile_names():
        return base
    return os.path.normpath(Path(name).parent / base)


def _text(name: str) -> str:
    if name in profile_names():
        return (PROFILES / f"{name}.yml").read_text(encoding="utf-8")
    try:
        return Path(name).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        known = ", ".join(profile_names())
        raise ProfileError(
            f"There is no profile '{name}': use {known}, or the path of a YAML file."
        ) from None
    except OSError as error:
        raise ProfileError(f"Profile '{name}' cannot be read: {error.strerror}.") from None


def _compiled(name: str, document: dict[str, Any], list_name: ListName) -> Profile:
    rule = _mapping(document.get("rule"), name, "rule")
    types: dict[IndicatorType, tuple[RuleTemplate, ...]] = {}
    for key, entry in _mapping(document.get("types"), name, "types").items():
        kind = indicator_type(str(key))
        if kind is None:
            known = ", ".join(IndicatorType)
            raise ProfileError(f"Profile '{name}', types: '{key}' is none of {known}.")
        given = _mapping(entry, name, f"types.{key}")
        types[kind] = _rules(given, name, f"types.{key}", list_name)
    if not types:
        raise ProfileError(f"Profile '{name}' has no 'types'.")
    return Profile(
        Path(name).stem,
        str(document.get("description", "")),
        _metadata(rule, name, list_name),
        types,
    )


def _metadata(rule: Mapping[str, Any], name: str, list_name: ListName) -> Metadata:
    dates = _strings(rule.get("dates", _DATES), name, "rule.dates")
    if not set(dates) <= set(_DATES):
        raise ProfileError(f"Profile '{name}', rule.dates: only date and modified can be listed.")
    levels = _mapping(rule.get("levels"), name, "rule.levels")
    author = rule.get("author")
    return Metadata(
        author=_author(author, name, list_name) if isinstance(author, str) else author,
        status=None
        if "status" not in rule
        else _member(SigmaStatus, rule["status"], name, "status"),
        references=list_name.own_references(
            _strings(rule.get("references"), name, "rule.references")
        ),
        article_references=bool(rule.get("article_references", True)),
        dates=dates,
        falsepositives=_strings(rule.get("falsepositives"), name, "rule.falsepositives"),
        tags=_tags(rule.get("tags"), name, "rule.tags"),
        indicator_tags=bool(rule.get("indicator_tags", True)),
        levels={
            str(confidence): _member(SigmaLevel, level, name, f"levels.{confidence}")
            for confidence, level in levels.items()
        },
        list_name=list_name,
    )


def _author(text: str, name: str, list_name: ListName) -> str:
    try:
        parts = parse_template(text, ("list",))
    except ValueError as error:
        raise ProfileError(f"Profile '{name}', rule.author: {error}.") from None
    return "".join(literal + (list_name.title if named else "") for literal, named in parts)


def _rules(
    entry: Mapping[str, Any], name: str, place: str, list_name: ListName
) -> tuple[RuleTemplate, ...]:
    rules = entry.get("rules")
    if not isinstance(rules, list) or not rules:
        raise ProfileError(f"Profile '{name}', {place}: 'rules' is not a list of rules.")
    built = []
    bound = {"list": list_name.title, "source": list_name.source}
    for number, given in enumerate(rules):
        here = f"{place}.rules[{number}]"
        rule = {**entry, **_mapping(given, name, here)}
        title = str(rule.get("title", ""))
        label = rule.get("name")
        logsource = _logsource(rule.get("logsource"), name, here)
        identity = (logsource.category, logsource.product, logsource.service)
        try:
            built.append(
                RuleTemplate(
                    title=TextTemplate(title if label is None else f"{title} - {label}", bound),
                    description=TextTemplate(str(rule.get("description", "")), bound),
                    tags=_tags(rule.get("tags"), name, f"{here}.tags"),
                    fields=_strings(rule.get("fields"), name, f"{here}.fields"),
                    logsource=logsource,
                    identity="" if len(rules) == 1 else "/".join(part or "" for part in identity),
                    detection=DetectionTemplate.parse(rule.get("detection")),
                )
            )
        except ValueError as error:
            raise ProfileError(f"Profile '{name}', {here}: {error}") from None
    return tuple(built)


def _logsource(found: object, name: str, place: str) -> SigmaLogSource:
    given = _mapping(found, name, f"{place}.logsource")
    try:
        return SigmaLogSource.from_dict({key: str(text) for key, text in given.items()})
    except SigmaError as error:
        raise ProfileError(f"Profile '{name}', {place}.logsource: {error}.") from None


def _mapping(found: object, name: str, place: str) -> Mapping[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ProfileError(f"Profile '{name}', {place}: is not a mapping.")
    return found


def _strings(found: object, name: str, place: str) -> tuple[str, ...]:
    if found is None:
        return ()
    if not isinstance(found, (list, tuple)) or not all(isinstance(item, str) for item in found):
        raise ProfileError(f"Profile '{name}', {place}: is not a list of texts.")
    return tuple(found)


def _tags(found: object, name: str, place: str) -> tuple[SigmaRuleTag, ...]:
    try:
        return tuple(SigmaRuleTag.from_str(tag) for tag in _strings(found, name, place))
    except SigmaError as error:
        raise ProfileError(f"Profile '{name}', {place}: {error}") from None


def _member(kind: Any, word: object, name: str, place: str) -> Any:
    try:
        return kind[str(word).upper()]
    except KeyError:
        known = ", ".join(member.name.lower() for member in kind)
        raise ProfileError(
            f"Profile '{name}', rule.{place}: '{word}' is none of {known}."
        ) from None
