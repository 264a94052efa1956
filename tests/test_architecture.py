"""The rule of the house, where import-linter cannot see it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("studio", "widgets", "devices", "model", "recordings", "assets")
SOURCES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


def modules_loaded_by(statement: str) -> set[str]:
    """Names in sys.modules of a fresh interpreter that ran ``statement``."""
    code = f"{statement}\nimport sys\nsys.stdout.write('\\n'.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split("\n"))


def test_importing_a_package_runs_no_code_of_its_own():
    inits = [
        path for path in SOURCES if path.name == "__init__.py" and path.parent.name != "assets"
    ]
    assert [str(path) for path in inits if path.read_text().strip()] == []


def test_no_file_outgrows_the_house():
    too_long = {
        str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text().splitlines())) > 400
    }
    assert too_long == {}


@pytest.mark.parametrize("entry", ["studio.app", "studio.rig_host", "studio.recorder_host"])
def test_light_processes_never_load_torch(entry):
    assert not modules_loaded_by(f"import {entry}") & {"torch", "transformers"}


def test_the_rig_and_the_recorder_never_load_qt():
    assert "PySide6" not in modules_loaded_by("import studio.rig_host, studio.recorder_host")


def test_the_wheel_holds_the_six_packages_and_nothing_else(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
