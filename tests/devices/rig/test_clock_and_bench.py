"""Pacing on absolute deadlines; benches by name and by file."""

from __future__ import annotations

import pickle

import pytest

from devices.bench import load_bench
from devices.clock import LoopMeter, Pacer
from devices.errors import InvalidBench, UnknownBench

MS = 1_000_000


class Hourglass:
    """A clock that only moves when somebody sleeps, and sleeps a little too long."""

    def __init__(self, oversleep_ns: int = 0) -> None:
        self.ns = 0
        self.oversleep_ns = oversleep_ns

    def now_ns(self) -> int:
        return self.ns

    def sleep(self, seconds: float) -> None:
        self.ns += round(seconds * 1e9) + self.oversleep_ns


def pacer_on(glass: Hourglass) -> Pacer:
    return Pacer(10 * MS, now_ns=glass.now_ns, sleep=glass.sleep)


def test_oversleeping_does_not_add_up():
    glass = Hourglass(oversleep_ns=MS)
    pacer = pacer_on(glass)
    late = [pacer.wait() for _ in range(100)]
    assert glass.ns == 1000 * MS + MS
    assert set(late) == {MS}


def test_a_missed_slot_is_skipped_not_made_up_for():
    glass = Hourglass()
    pacer = pacer_on(glass)
    pacer.wait()
    glass.ns += 35 * MS
    assert pacer.wait() == 25 * MS
    assert pacer.wait() == 0
    assert glass.ns == 50 * MS


def test_the_meter_tells_rate_lateness_and_overruns():
    meter = LoopMeter(10 * MS, ticks=100)
    for tick in range(250):
        meter.add(15 * MS if tick == 240 else MS, tick * 10 * MS)
    stats = meter.stats()
    assert stats.hz == pytest.approx(100)
    assert (stats.p50_ms, stats.max_ms) == (1.0, 15.0)
    assert (stats.ticks, stats.overruns) == (250, 1)


def test_the_simulated_bench_travels_to_another_process():
    bench = load_bench("sim", camera_size=(640, 480), seed=3)
    copy = pickle.loads(pickle.dumps(bench))
    assert copy.robot.cameras[0].width == 640
    assert copy == bench


def test_an_unknown_bench_names_what_is_known():
    with pytest.raises(UnknownBench, match=r"no bench 'kitchen'.*Known: sim"):
        load_bench("kitchen")


def test_a_bench_file_sets_how_patient_the_rig_is(tmp_path):
    path = tmp_path / "slow.toml"
    path.write_text('version = 1\nkind = "sim"\n[rig]\nheartbeat_s = 2.0\n')
    bench = load_bench(str(path))
    assert bench.name == "slow"
    assert bench.settings.heartbeat_s == 2.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version = 9", "version is 9, expected 1"),
        ('version = 1\nkind = "kuka"', "kind is 'kuka', expected 'sim'"),
        ('version = 1\nkind = "sim"\ncamera_size = [1, 2]', r"camera_size is \[1, 2\]"),
        ('version = 1\nkind = "sim"\n[rig]\npatience = 3', "one of heartbeat_s"),
        ('version = 1\nkind = "sim"\n[rig]\nheartbeat_s = -1', "a positive number"),
        ("version = ", "readable TOML"),
    ],
)
def test_a_bench_that_says_something_impossible_is_refused(tmp_path, text, said):
    path = tmp_path / "bench.toml"
    path.write_text(text)
    with pytest.raises(InvalidBench, match=said):
        load_bench(str(path))
