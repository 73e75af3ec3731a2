"""`sigma check` with every validator, and the legacy `sigmac`: installed from PyPI alone.

Each gets an environment of its own. SigmaHQ's validators of this line carry their taxonomy, and use
it where the working directory has an empty folder `validator_json`. The ATT&CK and D3FEND data that
pySigma's own validators download are made here, in the form of the published files, out of an
earlier pySigma, which carried them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from engines import EngineMissingError
from engines.locations import HERE, INSTALLED

__all__ = ["check", "install", "sigmac"]

_CHECK, _SIGMAC = INSTALLED / "sigma-check", INSTALLED / "sigmac"
_ATTACK, _D3FEND = _CHECK / "attack.json", _CHECK / "d3fend.json"
_DATA = "pysigma==0.11.23"
_ENVIRONMENTS = {
    _CHECK: ("pysigma>=1.5.1,<2", "pysigma-validators-sigmahq==0.20.2"),
    _SIGMAC: ("sigmatools==0.23.1",),
}


def install() -> None:
    """Install what is missing."""
    for folder, packages in _ENVIRONMENTS.items():
        if not (done := folder / ".installed").exists():
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            python = folder / "bin" / "python"
            subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
            done.touch()
    (_CHECK / "validator_json").mkdir(exist_ok=True)
    if not (_ATTACK.exists() and _D3FEND.exists()):
        _write_data()


def check(path: Path) -> list[tuple[str, str]]:
    """Run every validator over a file of rules; give each issue's name and its log source.

    Raises:
        EngineMissingError: the validators are not installed.
    """
    if not _D3FEND.exists():
        raise EngineMissingError("the validators of `sigma check`: python3 tasks.py engines")
    done = subprocess.run(
        [_CHECK / "bin" / "python", HERE / "sigma_check.py", path, _ATTACK, _D3FEND],
        cwd=_CHECK,
        check=True,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    return [(name, log_source) for name, log_source in json.loads(done.stdout)]


def sigmac(rules: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Convert a stream of rules with the legacy converter.

    Raises:
        EngineMissingError: it is not installed.
    """
    if not (_SIGMAC / ".installed").exists():
        raise EngineMissingError("sigmac: python3 tasks.py engines")
    return subprocess.run(
        [_SIGMAC / "bin" / "sigmac", *arguments, "-"],
        input=rules,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def _write_data() -> None:
    with tempfile.TemporaryDirectory() as folder:
        pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, _DATA)
        subprocess.run(pip, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            attack = _names(archive, "sigma/data/mitre_attack.py")
            d3fend = _names(archive, "sigma/data/mitre_d3fend.py")
    _ATTACK.write_text(json.dumps(_bundle(attack)), encoding="utf-8")
    _D3FEND.write_text(json.dumps(_graph(d3fend)), encoding="utf-8")


def _names(archive: zipfile.ZipFile, member: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(archive.read(member), member, "exec"), names)
    return names


def _bundle(names: dict[str, Any]) -> dict[str, Any]:
    """Return ATT&CK as a STIX bundle."""
    tactics = names["mitre_attack_techniques_tactics_mapping"]
    found = [
        {"type": "x-mitre-tactic", "x_mitre_shortname": name, **_known_as(identifier)}
        for identifier, name in names["mitre_attack_tactics"].items()
    ]
    for kind, table in (
        ("attack-pattern", "mitre_attack_techniques"),
        ("intrusion-set", "mitre_attack_intrusion_sets"),
        ("malware", "mitre_attack_software"),
    ):
        for identifier, name in names[table].items():
            phases = [
                {"kill_chain_name": "mitre-attack", "phase_name": tactic}
                for tactic in tactics.get(identifier, ())
            ]
            found.append(
                {"type": kind, "name": name, "kill_chain_phases": phases, **_known_as(identifier)}
            )
    return {"objects": found}


def _known_as(identifier: str) -> dict[str, Any]:
    return {"external_references": [{"source_name": "mitre-attack", "external_id": identifier}]}


def _graph(names: dict[str, Any]) -> dict[str, Any]:
    """Return D3FEND as a JSON-LD graph."""
    tactics = [
        {"@id": f"d3f:{name}", "@type": "d3f:DefensiveTactic", "rdfs:label": name}
        for name in names["mitre_d3fend_tactics"].values()
    ]
    techniques = [
        {"@id": f"d3f:{name}", "d3f:d3fend-id": identifier, "rdfs:label": name}
        for identifier, name in names["mitre_d3fend_techniques"].items()
    ]
    return {"@graph": [*tactics, *techniques]}
