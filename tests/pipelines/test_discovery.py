"""How pySigma and sigma-cli find the pipelines, and what they may import."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import get_type_hints

import pytest
from sigma.plugins import InstalledSigmaPlugins
from sigma.processing.pipeline import ProcessingPipeline

import sigma.pipelines.socdefenders as package
from sigma_socdefenders.targets import TARGETS

FOLDER = Path(package.__file__).parent


def test_all_pipelines_are_found_and_nothing_else() -> None:
    """`sigma list pipelines` has each by its own name, and no helper function."""
    installed = InstalledSigmaPlugins.autodiscover(include_validators=False).pipelines
    ours = {
        name
        for name, found in installed.items()
        if getattr(found, "__module__", "").startswith(package.__name__)
    }
    assert ours == set(package.pipelines)
    assert all(name.startswith("socdefenders_") for name in ours)


@pytest.mark.parametrize("name", package.pipelines)
def test_a_pipeline_is_made_anew_and_described(name: str) -> None:
    """Each call gives a pipeline of its own, with a name, a priority and its backends."""
    make = package.pipelines[name]
    one, other = make(), make()
    assert get_type_hints(make)["return"] is ProcessingPipeline
    assert make.__name__ == name
    assert make.__doc__
    assert one is not other
    assert not {id(item) for item in one.items} & {id(item) for item in other.items}
    assert one.name is not None
    assert one.name.startswith("SOC Defenders: ")
    assert one.priority in {5, 20, 60}
    assert bool(one.allowed_backends) == (name != "socdefenders_placeholders")


def test_a_pipeline_can_be_imported_by_its_name() -> None:
    """Each pipeline is an attribute of the package as well; other names are refused."""
    for name in package.pipelines:
        assert getattr(package, name) is package.pipelines[name]
    assert len(package.pipelines) == len(set(package.pipelines) & set(dir(package)))
    with pytest.raises(AttributeError, match="has no attribute 'socdefenders_other'"):
        _ = package.socdefenders_other


@pytest.mark.parametrize("name", TARGETS)
def test_a_pipeline_allows_the_backend_of_its_target(name: str) -> None:
    """`sigma convert` does not refuse a target's own pipelines."""
    target = TARGETS[name]
    for pipeline in (target.pipeline, *target.own_formats.values()):
        assert target.sigma_target in package.pipelines[pipeline]().allowed_backends


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_modules_import_pysigma_and_the_standard_library_alone(path: Path) -> None:
    """An import that fails here would end every command of everybody's sigma-cli."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body:
        for part in ast.walk(node) if not isinstance(node, (ast.ClassDef, ast.FunctionDef)) else ():
            if isinstance(part, ast.Import):
                names = [alias.name for alias in part.names]
            elif isinstance(part, ast.ImportFrom) and part.level == 0:
                names = [part.module or ""]
            else:
                continue
            for module in names:
                top = module.partition(".")[0]
                assert top == "sigma" or top in sys.stdlib_module_names, module


def test_the_namespaces_stay_open() -> None:
    """`sigma` and `sigma.pipelines` are namespaces that others share: no `__init__.py` in them."""
    assert not (FOLDER.parent / "__init__.py").exists()
    assert not (FOLDER.parent.parent / "__init__.py").exists()
    assert not (FOLDER.parent.parent / "py.typed").exists()
