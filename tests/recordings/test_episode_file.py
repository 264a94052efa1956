"""Reader after recorder is the identity; files that are no episodes say what they are."""

import json
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recordings.edits import append_edit
from recordings.errors import (
    DamagedFile,
    ForeignFile,
    NewerSchema,
    NoSuchCamera,
    RecordingError,
    UnreadableEpisode,
)
from recordings.live import Live
from recordings.reader import Episode
from recordings.recorder import Recorder
from recordings.types import (
    Authority,
    DepthTrace,
    EpisodeInfo,
    EpisodePhase,
    Plan,
    RobotSpec,
    Step,
    frozen_f32,
)


def sealed(recorder: Recorder) -> Path:
    """Ends the running episode and waits for its file."""
    episode_id = recorder.end()
    recorder.close()
    infos = [report for report in recorder.poll() if isinstance(report, EpisodeInfo)]
    assert infos[-1].sealed, infos[-1].problem
    assert infos[-1].id == episode_id
    return Path(infos[-1].path)


float32 = st.floats(width=32, allow_nan=False)


@given(
    states=hnp.arrays(np.float32, st.tuples(st.integers(1, 20), st.just(6)), elements=float32),
    authority=st.sampled_from(Authority),
    plan_id=st.integers(-1, 2**62),
    guard_bits=st.integers(0, 2**31),
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rows_come_back_exactly(
    live: Live,
    tmp_path_factory: pytest.TempPathFactory,
    states: np.ndarray,
    authority: Authority,
    plan_id: int,
    guard_bits: int,
) -> None:
    recorder = Recorder(live, tmp_path_factory.mktemp("e"), reserve_bytes=0)
    recorder.begin("task")
    for t_ns, state in enumerate(states):
        live.steps.write(
            Step(state, -state, authority, t_ns, {}, plan_id=plan_id, guard_bits=guard_bits)
        )
    with Episode.open(sealed(recorder)) as episode:
        assert episode.state.tobytes() == states.tobytes()
        assert episode.action.tobytes() == (-states).tobytes()
        assert episode.t_ns.tolist() == list(range(len(states)))
        assert set(episode.authority.tolist()) == {int(authority)}
        assert set(episode.plan_id.tolist()) == {plan_id}
        assert set(episode.guard_bits.tolist()) == {guard_bits}


def test_a_red_square_comes_back_red_and_in_place(episode_file: Path) -> None:
    with Episode.open(episode_file) as episode:
        image = episode.image("front", 4).astype(int)
        red = (image[..., 0] - image[..., 1] > 100) & (image[..., 0] - image[..., 2] > 100)
        rows, columns = np.nonzero(red)
    assert (rows.min(), rows.max()) == pytest.approx((80, 119), abs=2)
    assert (columns.min(), columns.max()) == pytest.approx((28, 67), abs=2)


def test_every_picture_is_like_its_original_and_unlike_its_neighbour(
    recorder: Recorder, live: Live
) -> None:
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 256, (6, 15, 20, 3), np.uint8)
    originals = [np.kron(c, np.ones((16, 16, 1), np.uint8)) for c in coarse]
    recorder.begin("task")
    for t_ns, image in enumerate(originals):
        live.frames["wrist"].write(image, t_ns)
    with Episode.open(sealed(recorder)) as episode:
        error = [
            [np.abs(episode.image("wrist", i).astype(int) - o).mean() for o in originals]
            for i in range(6)
        ]
        assert episode.frame_t_ns("wrist").tolist() == list(range(6))
    assert np.argmin(error, axis=1).tolist() == list(range(6))
    assert np.diag(error).max() < 12


def test_steps_name_pictures_of_their_own_episode(recorder: Recorder, live: Live) -> None:
    image = np.zeros((240, 320, 3), np.uint8)
    state = frozen_f32(np.zeros(6))
    for _ in range(5):
        live.frames["front"].write(image, 0)
    recorder.begin("task")  # picture 4 is what the first step sees: it becomes picture 0
    for seen in (-1, 4, 5, 5, 6):
        while live.frames["front"].newest_index < seen:
            live.frames["front"].write(image, seen)
        live.steps.write(Step(state, state, Authority.LEADER, 0, {"front": seen, "wrist": -1}))
    with Episode.open(sealed(recorder)) as episode:
        assert episode.frame_index["front"].tolist() == [-1, 0, 1, 1, 2]
        assert episode.frame_index["wrist"].tolist() == [-1] * 5
        assert (episode.frame_count("front"), episode.frame_count("wrist")) == (3, 0)


def test_events_and_plans_come_back(recorder: Recorder) -> None:
    trace = DepthTrace(np.ones((10, 10), np.int16), np.eye(10, dtype=np.bool_), took_ms=3.5)
    q = frozen_f32(np.arange(60).reshape(10, 6))
    plan = Plan(9, 2, q, 0.1, 5, "tiny", frozen_f32(np.ones((3, 10, 6))), trace, {"flow": 8.0})
    plan = replace(plan, notes=("far out",))
    recorder.begin("task")
    recorder.event("plan_approved", {"plan_id": 9, "by": "person", "ö": [1.5, None]}, t_ns=77)
    recorder.plan(plan)
    with Episode.open(sealed(recorder)) as episode:
        assert episode.events == [
            {
                "t_ns": 77,
                "kind": "plan_approved",
                "data": {"plan_id": 9, "by": "person", "ö": [1.5, None]},
            }
        ]
        (back,) = episode.plans
    assert np.array_equal(back.q, q)
    assert back.notes == ("far out",)
    assert back.reasoning is not None
    assert (back.id, back.policy, back.timings, back.reasoning.took_ms) == (
        9,
        "tiny",
        {"flow": 8.0},
        3.5,
    )


def test_take_overs_are_counted(recorder: Recorder, live: Live) -> None:
    recorder.begin("task")
    hold, leader, policy = Authority.HOLD, Authority.LEADER, Authority.POLICY
    for authority in (hold, leader, policy, leader, policy, policy, hold, policy, leader):
        live.steps.write(Step(frozen_f32(np.zeros(6)), frozen_f32(np.zeros(6)), authority, 0))
    with Episode.open(sealed(recorder)) as episode:
        assert episode.info.interventions == 2


def test_an_episode_without_a_step_is_still_an_episode(recorder: Recorder) -> None:
    recorder.begin("nothing happens")
    with Episode.open(sealed(recorder)) as episode:
        assert (episode.info.steps, episode.info.duration_s, episode.events) == (0, 0.0, [])


def test_the_file_says_everything_about_itself_in_plain_h5py(
    episode_file: Path, robot: RobotSpec
) -> None:
    with h5py.File(episode_file) as file:
        attrs = dict(file.attrs)
        assert attrs["schema"] == "foresight-episode/1"
        assert file["steps/state"].shape == (100, 6)
        assert RobotSpec.from_dict(json.loads(attrs["robot"])) == robot
        assert json.loads(attrs["units"])["joints"] == "rad"
        assert attrs["created_wall_ns"] > 1.6e18


def test_edits_beside_the_file_win(episode_file: Path) -> None:
    append_edit(episode_file.parent, episode_file.stem, phase=EpisodePhase.KEPT, success=False)
    append_edit(episode_file.parent, episode_file.stem, task="stack the cubes")
    with Episode.open(episode_file) as episode:
        assert (episode.task, episode.info.success) == ("stack the cubes", False)
        assert episode.info.phase is EpisodePhase.KEPT


def test_arrays_of_an_episode_are_read_only(episode_file: Path) -> None:
    with Episode.open(episode_file) as episode:
        arrays = [episode.state, episode.action, episode.t_ns, episode.image("front", 0)]
    assert not any(array.flags.writeable for array in arrays)


def test_an_unknown_camera_and_a_picture_beyond_the_last_are_named(episode_file: Path) -> None:
    with Episode.open(episode_file) as episode:
        with pytest.raises(NoSuchCamera, match="no camera 'top', it has front, wrist"):
            episode.image("top", 0)
        with pytest.raises(IndexError, match="picture 30 of 30 of camera front"):
            episode.image("front", 30)


# ── files that are no (whole) episodes ─────────────────────────────────────────────────────────


def test_an_empty_file_says_that_it_is_empty(episode_file: Path) -> None:
    episode_file.write_bytes(b"")
    with pytest.raises(DamagedFile, match="is damaged: it is empty; restore it from a copy"):
        Episode.open(episode_file)


def test_a_text_file_is_no_episode(episode_file: Path) -> None:
    episode_file.write_text("not HDF5 at all")
    with pytest.raises(ForeignFile, match="is not a Foresight episode"):
        Episode.open(episode_file)


def test_hdf5_of_somebody_else_is_no_episode(episode_file: Path) -> None:
    with h5py.File(episode_file, "w") as file:
        file["data/demo_0/actions"] = np.zeros(3)
    with pytest.raises(ForeignFile, match="HDF5 without a schema"):
        Episode.open(episode_file)


def test_a_newer_schema_asks_for_an_update(episode_file: Path) -> None:
    with h5py.File(episode_file, "r+") as file:
        file.attrs["schema"] = "foresight-episode/7"
    with pytest.raises(
        NewerSchema, match=r"schema 'foresight-episode/7', this version reads .*update Foresight"
    ):
        Episode.open(episode_file)


@pytest.mark.parametrize("part", [0.02, 0.3, 0.9, 0.999])
def test_a_file_cut_short_is_never_opened_as_a_shorter_episode(
    episode_file: Path, part: float
) -> None:
    whole = episode_file.read_bytes()
    episode_file.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(UnreadableEpisode):
        Episode.open(episode_file)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("steps/action", np.zeros((99, 6), np.float32), r"/steps/action has shape \(99, 6\)"),
        ("steps/state", np.zeros((100, 5), np.float32), r"/steps/state has shape \(100, 5\)"),
        ("steps/authority", np.zeros(100, "S3"), "/steps/authority holds"),
        ("steps/frames/front", np.full(100, 31, np.int32), "pictures of camera 'front'"),
        ("streams/front/offset", np.full(30, 2**40, np.uint64), "points outside its pictures"),
    ],
)
def test_an_inconsistent_file_says_where(
    episode_file: Path, name: str, value: np.ndarray, sentence: str
) -> None:
    with h5py.File(episode_file, "r+") as file:
        del file[name]
        file[name] = value
    with pytest.raises(DamagedFile, match=sentence):
        Episode.open(episode_file)


@pytest.mark.parametrize("name", ["steps/state", "streams/wrist", "events", "streams/front/bytes"])
def test_a_missing_part_is_named(episode_file: Path, name: str) -> None:
    with h5py.File(episode_file, "r+") as file:
        del file[name]
    with pytest.raises(DamagedFile, match=name.rsplit("/", maxsplit=1)[-1]):
        Episode.open(episode_file)


@pytest.mark.parametrize("name", ["task", "robot", "recovered", "steps"])
def test_a_missing_attribute_is_named(episode_file: Path, name: str) -> None:
    with h5py.File(episode_file, "r+") as file:
        del file.attrs[name]
    with pytest.raises(DamagedFile, match=f"attribute '{name}' is missing"):
        Episode.open(episode_file)


def test_a_broken_picture_spoils_only_itself(episode_file: Path) -> None:
    with h5py.File(episode_file, "r+") as file:
        stream = file["streams/front"]
        start, size = int(stream["offset"][7]), int(stream["size"][7])
        stream["bytes"][start : start + size] = np.zeros(size, np.uint8)
    with Episode.open(episode_file) as episode:
        with pytest.raises(DamagedFile, match="picture 7 of camera 'front' is no JPEG"):
            episode.image("front", 7)
        assert episode.image("front", 8).shape == (240, 320, 3)


@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_file_with_wrong_bytes_opens_or_says_why(
    episode_file: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = bytearray(episode_file.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("d") / "x.h5"
    path.write_bytes(whole)
    try:
        Episode.open(path).close()
    except RecordingError as error:
        sentence = str(error)
        assert sentence.startswith("x.h5 ")
