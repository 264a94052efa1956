"""`foresight demo` as a person runs it: one command, real processes, one JSON object at the end."""

import json
import subprocess
import sys

import pytest

from recordings.library import list_episodes
from recordings.types import EpisodePhase
from studio.jobs import foresight_environment
from studio.parts.runs import list_runs

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]

ASKED = ("--episodes", "1", "--minutes", "0.15", "--trials", "1", "--json")
PROMISED = {
    "episodes",
    "train_steps",
    "train_seconds",
    "trials",
    "lifted",
    "placed",
    "wilson_low",
    "loop_p99_ms",
    "plan_ms_p50",
    "out",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """One small demo: its process and its folder."""
    out = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-P", "-m", "studio", "demo", "--out", str(out), *ASKED]
    run = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=foresight_environment(),
        timeout=360,
        check=False,
    )
    return run, out


def test_it_ends_well_and_its_last_line_is_one_object_with_what_was_promised(demo):
    run, out = demo
    assert run.returncode == 0, run.stderr[-2000:]
    result = json.loads(run.stdout.splitlines()[-1])
    assert set(result) >= PROMISED
    assert (result["episodes"], result["trials"], result["out"]) == (1, 1, str(out))


def test_what_it_made_is_what_the_window_opens(demo):
    _, out = demo
    (episode,) = list_episodes(out / "episodes")
    (run,) = list_runs(out / "runs")
    assert (episode.phase, episode.success, episode.problem) == (EpisodePhase.KEPT, True, "")
    assert run.usable


def test_people_are_told_how_it_went_and_how_to_open_it(demo):
    run, out = demo
    assert f"foresight --data '{out}'" in run.stdout
    assert "95 % confidence" in run.stdout
