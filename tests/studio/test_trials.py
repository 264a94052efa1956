"""Trials and demonstrations: what is counted, and what may be concluded from it."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.commands import (
    ResetScene,
    SceneState,
    SelectLeader,
    SetAuthority,
    SetAutonomy,
    SetTask,
)
from recordings.rig_status import RigStatus
from recordings.types import Authority, Autonomy, Fault
from studio.demonstrations import DemonstrationSeries
from studio.trials import (
    TIMEOUT_NS,
    TrialSeries,
    TrialSummary,
    cube_of_task,
    is_lifted,
    is_placed,
    wilson,
)

TASK = "put the red cube in the tray"
TRAY = (0.125, -0.195, 0.0)
ON_TABLE = (0.2, 0.05, 0.0125)
IN_AIR = (0.2, 0.0, 0.10)
IN_TRAY = (TRAY[0] + 0.01, TRAY[1], 0.016)
BESIDE_TRAY = (TRAY[0] + 0.06, TRAY[1], 0.0125)


def scene(red=ON_TABLE, *, seed=0, done=False):
    pose = (*red, 1.0, 0.0, 0.0, 0.0)
    green = (0.18, -0.05, 0.0125, 1.0, 0.0, 0.0, 0.0)
    return SceneState(0, seed, {"red": pose, "green": green}, TRAY, demonstrator_done=done)


@dataclass
class Bench:
    """A bench that remembers what it was told and shows the scene a test sets."""

    status: RigStatus = field(default_factory=RigStatus)
    scene: SceneState = field(default_factory=scene)
    sent: list = field(default_factory=list)

    def send(self, command):
        self.sent.append(command)
        if isinstance(command, ResetScene):
            self.scene = scene(seed=command.seed)

    def show(self, red, *, done=False):
        self.scene = scene(red, seed=self.scene.seed, done=done)


@dataclass
class Takes:
    """A recorder that remembers."""

    calls: list = field(default_factory=list)

    def begin(self, task):
        self.calls.append(("begin", task))
        return f"take{len(self.calls)}"

    def end(self, success=None):
        self.calls.append(("end", success))

    def event(self, kind, data):
        self.calls.append((kind, data["leader"]))

    def keep(self, episode_id):
        self.calls.append(("keep", episode_id))

    def discard(self, episode_id):
        self.calls.append(("discard", episode_id))


def run(series, bench, *places, now_ns=0, done=False):
    """Reset, settle, start, then show the cube at each place in turn."""
    verdict = None
    for _ in range(3):
        series.tick(now_ns)
        now_ns += 400_000_000
    for place in places:
        bench.show(place, done=done and place is places[-1])
        verdict = series.tick(now_ns)
        now_ns += 50_000_000
    return verdict


@given(st.integers(0, 200), st.integers(0, 200))
def test_the_interval_holds_the_rate_and_stays_a_share(successes, failures):
    trials = successes + failures
    low, high = wilson(successes, trials)
    assert 0.0 <= low <= (successes / trials if trials else 0.5) <= high <= 1.0


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 0, 0.0, 1.0), (16, 20, 0.584, 0.919), (20, 20, 0.839, 1.0), (58, 60, 0.886, 0.991)],
)
def test_the_interval_has_its_textbook_values(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=1e-3)


def test_more_successes_than_trials_is_a_mistake():
    with pytest.raises(ValueError, match="3 successes of 2"):
        wilson(3, 2)


def test_the_task_names_its_cube():
    assert cube_of_task(TASK, scene()) == "red"
    assert cube_of_task("put the green cube down", scene()) == "green"
    assert cube_of_task("wave", scene()) is None


def test_a_cube_in_the_air_is_lifted_and_one_on_the_table_is_not():
    assert is_lifted(scene(IN_AIR), "red")
    assert not is_lifted(scene(ON_TABLE), "red")


def test_only_a_cube_that_lies_inside_the_walls_is_placed():
    assert is_placed(scene(IN_TRAY), "red")
    assert not is_placed(scene(BESIDE_TRAY), "red")
    assert not is_placed(scene((TRAY[0], TRAY[1], 0.08)), "red")


def test_a_trial_resets_hands_over_and_holds_in_this_order():
    bench = Bench()
    series = TrialSeries(bench, TASK, [7])
    trial = run(series, bench, IN_AIR, IN_TRAY)
    assert (trial.seed, trial.lifted, trial.placed) == (7, True, True)
    assert bench.sent == [
        SetAuthority(Authority.HOLD),
        ResetScene(7),
        SetTask(TASK),
        SetAutonomy(Autonomy.AUTO),
        SetAuthority(Authority.POLICY),
        SetAuthority(Authority.HOLD),
    ]


def test_a_cube_that_was_pushed_into_the_tray_is_not_a_success():
    bench = Bench()
    series = TrialSeries(bench, TASK, [7])
    assert run(series, bench, IN_TRAY) is None


def test_a_trial_that_takes_too_long_counts_what_was_reached():
    bench = Bench()
    series = TrialSeries(bench, TASK, [7])
    run(series, bench, IN_AIR, ON_TABLE)
    trial = series.tick(TIMEOUT_NS * 2)
    assert (trial.lifted, trial.placed) == (True, False)


def test_an_arm_that_came_to_hold_by_itself_is_handed_over_again_and_counted():
    bench = Bench()
    series = TrialSeries(bench, TASK, [7])
    run(series, bench, IN_AIR)
    before = bench.sent.count(SetAuthority(Authority.POLICY))
    trial = run(series, bench, IN_AIR, IN_AIR, IN_TRAY, now_ns=4 * 10**9)
    assert trial.resumed == bench.sent.count(SetAuthority(Authority.POLICY)) - before > 0


def test_a_stopped_arm_is_never_handed_over_again():
    bench = Bench()
    series = TrialSeries(bench, TASK, [7])
    run(series, bench, IN_AIR)
    bench.status = RigStatus(stopped=True)
    run(series, bench, IN_AIR, now_ns=4 * 10**9)
    assert bench.sent.count(SetAuthority(Authority.POLICY)) == 1


def test_a_fault_during_a_demonstration_discards_it():
    bench, takes = Bench(), Takes()
    series = DemonstrationSeries(bench, takes, TASK, count=1, seed=0)
    run(series, bench)
    bench.status = RigStatus(fault=Fault("camera_stale", "front", "No picture.", "", 10**12))
    assert series.tick(2 * 10**9) is False
    assert takes.calls[-1][0] == "discard"


def test_a_series_never_uses_a_scene_twice_and_ends():
    bench = Bench()
    series = TrialSeries(bench, TASK, [1, 2, 3])
    while not series.done:
        run(series, bench, IN_AIR, IN_TRAY, now_ns=10**10 * len(series.results))
    assert [t.seed for t in series.results] == [1, 2, 3]
    assert TrialSummary.of(series.results).placed == 3


def test_a_good_demonstration_is_kept_and_a_bad_one_made_again_elsewhere():
    bench, takes = Bench(), Takes()
    series = DemonstrationSeries(bench, takes, TASK, count=1, seed=3)
    assert run(series, bench, ON_TABLE, done=True) is False
    assert run(series, bench, IN_AIR, IN_TRAY, now_ns=10**10, done=True) is True
    verdicts = [c for c in takes.calls if c[0] in ("keep", "discard")]
    seeds = [c.seed for c in bench.sent if isinstance(c, ResetScene)]
    assert [kind for kind, _ in verdicts] == ["discard", "keep"]
    assert series.done
    assert len(set(seeds)) == 2


def test_the_demonstrator_is_the_leader_before_it_drives():
    bench, takes = Bench(), Takes()
    run(DemonstrationSeries(bench, takes, TASK, count=1, seed=0), bench)
    drive = bench.sent.index(SetAuthority(Authority.LEADER))
    assert bench.sent.index(SelectLeader("demonstrator")) < drive


def test_a_series_that_always_fails_gives_up():
    bench, takes = Bench(), Takes()
    series = DemonstrationSeries(bench, takes, TASK, count=1, seed=0)
    for attempt in range(20):
        run(series, bench, ON_TABLE, now_ns=attempt * 10**10, done=True)
    assert series.gave_up
    assert series.failed < 20


def test_ending_a_series_discards_the_take_that_runs():
    bench, takes = Bench(), Takes()
    series = DemonstrationSeries(bench, takes, TASK, count=5, seed=0)
    run(series, bench, IN_AIR)
    series.stop()
    assert takes.calls[-1][0] == "discard"
    assert series.done


def test_every_third_demonstration_begins_after_a_missed_grasp_of_the_task_s_cube():
    bench, takes = Bench(), Takes()
    series = DemonstrationSeries(bench, takes, "put the green cube in the tray", count=6, seed=0)
    bench.show(ON_TABLE)
    green_in_tray = replace(scene(), cubes={"green": (*IN_TRAY, 1, 0, 0, 0)})
    while not series.done:
        now_ns = 10**10 * (1 + series.kept)
        run(series, bench, now_ns=now_ns)
        bench.scene = replace(green_in_tray, seed=bench.scene.seed, demonstrator_done=True)
        assert series.tick(now_ns + 2 * 10**9) is True
        left = (6 - series.kept) * (now_ns + 2 * 10**9 - 10**10) / series.kept / 10**9
        assert series.seconds_left(now_ns + 2 * 10**9) == pytest.approx(left)
    missed = [c.missed for c in bench.sent if isinstance(c, ResetScene)]
    assert missed == [None, None, "green", None, None, "green"]
