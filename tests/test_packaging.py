"""The wheel: what users install holds everything, the namespace folder included."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import metadata, requires
from pathlib import Path

import pytest
from sigma.plugins import SigmaPluginDirectory

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Build the wheel, without an environment of its own for the build."""
    folder = tmp_path_factory.mktemp("wheel")
    pytest.importorskip("hatchling")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_file(wheel):
    """Every module and data file is in the wheel; sigma and sigma.pipelines stay namespaces."""
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "sigma_socdefenders", "sigma"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        encoding="utf-8",
    ).stdout.split()
    assert tracked
    assert set(tracked) <= names
    assert not names & {"sigma/__init__.py", "sigma/pipelines/__init__.py", "sigma/py.typed"}
    assert not [name for name in names if name.startswith(("tests", "benchmarks"))]


def test_the_installed_wheel_works(wheel, tmp_path):
    """From the wheel alone, the command runs and pySigma finds the pipelines."""
    venv.create(tmp_path / "venv", symlinks=True)
    python = tmp_path / "venv" / "bin" / "python"
    site = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            check=True,
            capture_output=True,
            encoding="utf-8",
        ).stdout.strip()
    )
    zipfile.ZipFile(wheel).extractall(site)
    # The dependencies come from the environment that runs the tests; ours only from the wheel.
    here = Path(pytest.__file__).parent.parent
    (site / "dependencies.pth").write_text(f"{here}\n")
    code = (
        "import sigma_socdefenders, sigma.pipelines.socdefenders as p\n"
        "from sigma.plugins import InstalledSigmaPlugins\n"
        "print(sigma_socdefenders.__file__)\n"
        "print(sorted(n for n in InstalledSigmaPlugins.autodiscover().pipelines"
        " if n.startswith('socdefenders')))"
    )
    done = subprocess.run(
        [python, "-E", "-c", code], cwd=tmp_path, check=True, capture_output=True, encoding="utf-8"
    )
    assert str(site) in done.stdout
    assert "socdefenders_splunk" in done.stdout
    done = subprocess.run(
        [python, "-E", "-m", "sigma_socdefenders", "convert", "--example", "-t", "splunk", "-q"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    assert "192.0.2.66" in done.stdout


def test_the_readme_links_lead_somewhere_from_a_package_index(wheel):
    """Each link of the description is absolute, and its page is in the repository."""
    archive = zipfile.ZipFile(wheel)
    (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
    links = re.findall(r"\]\(([^)]+)\)", archive.read(name).decode("utf-8"))
    assert len(links) > 10
    ours = "https://github.com/sigma-socdefenders/sigma-socdefenders/blob/main/"
    for link in links:
        assert link.startswith("https://")
        if link.startswith(ours):
            assert (ROOT / link.removeprefix(ours)).exists(), link


def test_the_entry_for_the_plugin_directory_is_one():
    """PySigma's own loader takes the entry, whose package and pySigma are those of the project."""
    document = json.loads((ROOT / "sigma-plugin-directory.json").read_text("utf-8"))
    (plugin,) = SigmaPluginDirectory.from_dict(document).plugins.values()
    assert plugin.package == "sigma-socdefenders"
    assert len(plugin.description) <= 120
    (pysigma,) = (one for one in requires(plugin.package) or () if one.startswith("pysigma<"))
    assert pysigma.endswith(str(plugin.pysigma_version))
    assert "1.5.1" in plugin.pysigma_version
    assert "2.0.1" in plugin.pysigma_version


def test_every_extra_that_is_named_can_be_installed():
    """Every extra that a message or a page tells to install is one of the package's."""
    named = subprocess.run(
        ["git", "grep", "-ohE", r"sigma-socdefenders\[[a-z]+\]"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        encoding="utf-8",
    ).stdout.split()
    assert named
    known = metadata("sigma-socdefenders").get_all("Provides-Extra")
    assert {name.partition("[")[2].rstrip("]") for name in named} <= set(known)
