"""Review in the real window with real files: marks, cuts, undo, filter, health, export, import."""

import json
import shutil
from dataclasses import replace

import h5py
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from devices.bench import load_bench
from recordings.edits import read_edits
from recordings.errors import NothingToUndo
from recordings.health.sentences import Weight
from recordings.history import undo
from recordings.library import list_episodes, list_trash
from recordings.reader import Episode
from recordings.types import EpisodePhase, JobPhase
from studio.parts.review import Review
from studio.parts.transferring import Export, Import
from studio.session import Session
from studio.settings import Folders, Preferences
from studio.window import Window
from widgets import theme

JOB_MS = 120_000


@pytest.fixture(scope="module")
def bench_robot():
    return load_bench("sim").robot


@pytest.fixture(scope="module")
def takes(tmp_path_factory, make_episode, bench_robot):
    """A folder of three takes of 1.5 s, each moving differently."""
    folder = tmp_path_factory.mktemp("takes")
    for number in range(3):
        make_episode(folder, bench_robot, seconds=1.5, success=None, phase_rad=0.7 * number)
    return folder


@pytest.fixture
def window(qapp, qtbot, tmp_path, takes):
    """Review in front, on a bench whose processes were never started; it has the keyboard."""
    theme.apply(qapp)
    folders = Folders.default(tmp_path / "data")
    session = Session(load_bench("sim"), folders, Preferences())
    shutil.copytree(takes, folders.episodes, dirs_exist_ok=True)
    window = Window(session)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window, timeout=60_000):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=60_000)
    qtbot.waitUntil(lambda: len(session.review.episodes) == 3, timeout=60_000)
    window.go("review")
    window.setFocus()
    yield window
    session.close()


@pytest.fixture
def folder(window):
    return window.session.folders.episodes


@pytest.fixture
def table(window):
    return window.pages["review"].table


def press(window, key, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(window, key, modifier)


def control(window, key):
    press(window, key, Qt.KeyboardModifier.ControlModifier)


def now(folder, name):
    """What the files say about one episode."""
    return next((info for info in list_episodes(folder) if info.id == name), None)


def looked_into(window, qtbot):
    """Until every episode was judged."""

    def done():
        window.pages["review"].tick()
        window.session.inspecting.tick()
        return window.session.inspecting.folder is not None

    qtbot.waitUntil(done, timeout=60_000)


def over(window, qtbot):
    """Until the job has ended."""
    transferring = window.session.transferring
    clock = iter(range(0, 2**62, 10**9))
    qtbot.waitUntil(
        lambda: transferring.tick(next(clock)) or not transferring.running, timeout=JOB_MS
    )
    return transferring.status


# ── marks ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("key", "success"), [(Qt.Key.Key_S, True), (Qt.Key.Key_F, False)])
def test_a_key_marks_and_the_same_key_takes_it_back(window, folder, key, success):
    name = window.session.review.selected
    press(window, key)
    assert now(folder, name).success is success
    press(window, key)
    assert now(folder, name).success is None


def test_several_chosen_episodes_are_marked_and_undone_as_one(window, folder, table):
    table.view.selectAll()
    press(window, Qt.Key.Key_F)
    assert [info.success for info in list_episodes(folder)] == [False] * 3
    control(window, Qt.Key.Key_Z)
    assert [info.success for info in list_episodes(folder)] == [None] * 3
    control(window, Qt.Key.Key_Y)
    assert [info.success for info in list_episodes(folder)] == [False] * 3


def test_a_flag_is_shown_and_found_by_the_filter(window, folder, table):
    name = window.session.review.selected
    press(window, Qt.Key.Key_G)
    assert now(folder, name).flagged
    assert table.text(0, "Task").startswith("⚑ ")
    control(window, Qt.Key.Key_F)
    QTest.keyClicks(table.filter, "flagged")
    assert table.shown == 1
    assert table.selected == name


def test_a_new_task_is_typed_and_undone(window, folder):
    name, card = window.session.review.selected, window.pages["review"].edit_card
    before = now(folder, name).task
    press(window, Qt.Key.Key_L)
    assert card.task.hasFocus()
    QTest.keyClicks(card.task, "stack the cubes")
    QTest.keyClick(card.task, Qt.Key.Key_Return)
    assert now(folder, name).task == "stack the cubes"
    control(window, Qt.Key.Key_Z)
    assert now(folder, name).task == before
    assert card.task.text() == before


def test_trash_goes_on_to_the_next_and_undo_brings_back(window, folder, table):
    first = window.session.review.selected
    press(window, Qt.Key.Key_Backspace)
    assert [info.id for info in list_trash(folder)] == [first]
    assert window.session.review.selected not in ("", first)
    assert window.session.review.episode is not None
    control(window, Qt.Key.Key_Z)
    assert list_trash(folder) == []
    assert len(table.chosen) == 1
    assert table.shown == 3


def test_keeping_leaves_the_cursor_where_it_is(window, folder):
    review = window.session.review
    review.seek_s(0.8)
    row = review.row
    press(window, Qt.Key.Key_N)
    assert now(folder, review.selected).phase is EpisodePhase.KEPT
    assert review.row == row


# ── cutting ────────────────────────────────────────────────────────────────────────────────────


def test_in_out_trim_counts_only_the_part_until_undone(window, folder):
    review = window.session.review
    name = review.selected
    review.seek_s(0.5)
    press(window, Qt.Key.Key_I)
    review.seek_s(1.0)
    press(window, Qt.Key.Key_O)
    assert window.time_bar.timeline._part.ends_s == pytest.approx((0.5, 1.0))
    press(window, Qt.Key.Key_T)
    assert now(folder, name).duration_s == pytest.approx(0.5, abs=0.011)
    assert review.t_s[-1] == pytest.approx(0.5, abs=0.011)
    assert review.start_s == pytest.approx(0.5, abs=0.011)
    control(window, Qt.Key.Key_Z)
    assert now(folder, name).duration_s == pytest.approx(1.49)
    assert not now(folder, name).trimmed


def test_a_trimmed_episode_is_trimmed_again_in_its_own_time(window, folder):
    review, editing = window.session.review, window.session.editing
    editing.set_part(0.4, 1.4)
    editing.trim()
    editing.set_part(0.2, 0.6)
    editing.trim()
    trim = read_edits(folder)[review.selected].trim
    assert (trim.from_s, trim.to_s) == pytest.approx((0.6, 1.0), abs=0.011)
    window.pages["review"].edit_card.buttons["untrim"].click()
    assert not now(folder, review.selected).trimmed


def test_a_handle_of_the_timeline_is_dragged(window, qtbot):
    line = window.time_bar.timeline
    end = QPoint(line.width() - 8, 20)
    middle = QPoint(line.width() // 2, 20)
    qtbot.mousePress(line, Qt.MouseButton.LeftButton, pos=end)
    qtbot.mouseMove(line, middle)
    qtbot.mouseRelease(line, Qt.MouseButton.LeftButton, pos=middle)
    assert window.session.editing.part == pytest.approx((0.0, 0.745), abs=0.02)
    assert window.session.review.row == 0  # the cursor stayed
    assert window.pages["review"].edit_card.buttons["trim"].isEnabled()


def test_split_and_join_are_each_others_inverse(window, folder, table):
    review = window.session.review
    whole = review.selected
    review.seek_s(0.7)
    press(window, Qt.Key.Key_C)
    parts = [info for info in list_episodes(folder) if info.part_of == whole]
    assert sorted(p.duration_s for p in parts) == pytest.approx([0.69, 0.79], abs=0.011)
    assert review.selected in {p.id for p in parts}
    table.filter.setText(whole.rpartition("-")[2])
    table.view.selectAll()
    press(window, Qt.Key.Key_M)
    (joined,) = [info for info in list_episodes(folder) if info.id.startswith(whole)]
    assert joined.duration_s == pytest.approx(1.49)


def test_what_cannot_be_joined_is_told_beside_the_buttons_with_details(window, folder, table):
    card = window.pages["review"].edit_card
    table.view.selectAll()
    press(window, Qt.Key.Key_M)
    assert "come from different recordings" in card.problem.sentence
    card.problem.details_button.click()
    assert "NotOneRecording" in card.problem.details
    assert len(list_episodes(folder)) == 3
    table.select(table.selected)
    assert card.problem.sentence == ""


def test_a_copy_is_the_same_and_undo_removes_it(window, folder, qtbot):
    review = window.session.review
    name = review.selected
    press(window, Qt.Key.Key_D)
    copy = review.selected
    assert copy not in ("", name)
    with Episode.open(now(folder, copy).path) as one, Episode.open(now(folder, name).path) as other:
        assert np.array_equal(one.state, other.state)
    looked_into(window, qtbot)
    assert f"The same recording as {name}" in window.pages["review"].health_card.text
    control(window, Qt.Key.Key_Z)
    assert now(folder, copy) is None
    assert now(folder, name) is not None
    with pytest.raises(NothingToUndo):
        undo(folder)


# ── looking ────────────────────────────────────────────────────────────────────────────────────


def test_stepping_goes_from_picture_to_picture(window):
    review = window.session.review
    seen = []
    for _ in range(3):
        press(window, Qt.Key.Key_Period)
        seen.append(int(review.episode.frame_index["front"][review.row]))
    assert seen == [1, 2, 3]
    press(window, Qt.Key.Key_Comma)
    assert review.episode.frame_index["front"][review.row] == 2


def test_a_slower_replay_moves_the_cursor_less(window):
    review = window.session.review
    press(window, Qt.Key.Key_Minus)
    assert review.speed == 0.5
    review.toggle_play()
    review.tick(1_000_000_000)
    review.tick(2_000_000_000)
    assert review.t_s[review.row] == pytest.approx(0.5, abs=0.02)
    review.toggle_play()


def test_health_and_pictures_come_from_beside_the_window(window, qtbot, table, folder):
    name = window.session.review.selected
    with h5py.File(folder / f"{name}.h5", "r+") as file:
        file["steps/state"][40:50, 2] = np.nan
    window.session.review.select(name)
    looked_into(window, qtbot)
    assert window.session.inspecting.health(name).weight is Weight.BAD
    assert "joint values are not numbers" in window.pages["review"].health_card.text
    table.filter.setText("bad")
    assert table.shown == 1
    assert table.text(0, "Health") == "✕ bad"
    index = table._sorted.index(0, 1)
    assert not index.data(Qt.ItemDataRole.DecorationRole).isNull()
    assert len(window.pages["review"].coverage_card.plot.rows) == 6


def test_an_edit_has_only_the_edited_episode_judged_again(window, qtbot):
    looked_into(window, qtbot)
    inspecting, review = window.session.inspecting, window.session.review
    again = []
    inspecting.judged.connect(again.append)
    window.session.editing.set_part(0.2, 1.0)
    window.session.editing.trim()
    looked_into(window, qtbot)
    assert set(again) == {review.selected}


def test_a_folder_that_cannot_be_written_is_told_and_nothing_changes(qapp, read_only, bench_robot):
    from studio.parts.editing import Editing

    (info,) = list_episodes(read_only)
    with Episode.open(info.path) as episode:
        review = Review(read_only, episode.robot)
    review.load()
    review.select(info.id)
    editing = Editing(review)
    editing.mark_success()
    editing.toggle_flag()
    assert "nothing recorded was changed" in editing.problem
    assert list_episodes(read_only) == [info]
    review.close()


# ── in and out ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_export_from_the_panel_and_import_back(window, qtbot, tmp_path, folder):
    out = tmp_path / "set"
    control(window, Qt.Key.Key_E)
    panel = next(p for kind, p in window.desk._panels.items() if kind.__name__ == "ExportPanel")
    assert panel.isVisible()
    panel.folder.field.setText(str(out))
    panel.start.click()
    assert not panel.isVisible()
    status = over(window, qtbot)
    card = window.pages["review"].transfer_card
    assert status.phase is JobPhase.FINISHED, status.message
    assert "3 episodes added" in card.notes.text()
    assert json.loads((out / "meta" / "info.json").read_text())["total_episodes"] == 3
    for path in folder.glob("*.h5"):
        path.unlink()
    window.session.review.load()
    window.session.transferring.bring_in(Import(source=out))
    assert over(window, qtbot).phase is JobPhase.FINISHED
    assert len(window.session.review.episodes) == 3


def sent_out(window, qtbot, out, kind):
    """Three episodes exported from the panel, in a format that is not LeRobot's."""
    control(window, Qt.Key.Key_E)
    panel = next(p for kind, p in window.desk._panels.items() if kind.__name__ == "ExportPanel")
    panel.format.setCurrentIndex(panel.format.findData(kind))
    panel.folder.field.setText(str(out))
    panel.start.click()
    status = over(window, qtbot)
    assert status.phase is JobPhase.FINISHED, status.message
    return sorted(path for path in out.rglob("*") if path.is_file())


def first_pose(path) -> tuple[float, ...]:
    """(n,) rad, rounded to what a change of rates leaves alone."""
    with Episode.open(path) as episode:
        return tuple(float(v) for v in np.round(episode.state[0], 2))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["aloha", "robomimic"])
def test_hdf5_of_another_program_leaves_and_comes_back(window, qtbot, tmp_path, folder, kind):
    files = sent_out(window, qtbot, tmp_path / "out", kind)
    assert {path.suffix for path in files} == {".hdf5"}
    before = {first_pose(path) for path in folder.glob("*.h5")}
    for path in folder.glob("*.h5"):
        path.unlink()
    window.session.review.load()
    window.do("import")
    panel = next(p for kind, p in window.desk._panels.items() if kind.__name__ == "ImportPanel")
    panel.format.setCurrentIndex(panel.format.findData(kind))
    panel.source.field.setText(str(files[0].parent if kind == "aloha" else files[0]))
    panel.like.setChecked(False)  # what was open is gone
    panel.units.setCurrentIndex(panel.units.findData("radians"))
    panel.task.setText("put the red cube in the tray")
    panel.start.click()
    status = over(window, qtbot)
    assert status.phase is JobPhase.FINISHED, status.message
    assert len(window.session.review.episodes) == 3
    assert {first_pose(path) for path in folder.glob("*.h5")} == before
    with Episode.open(window.session.review.episodes[0].path) as back:
        assert back.robot.camera_names == ("front", "wrist")


@pytest.mark.slow
def test_a_viewer_opens_what_is_exported_for_it(window, qtbot, tmp_path):
    from mcap.reader import make_reader

    files = sent_out(window, qtbot, tmp_path / "out", "mcap")
    assert [path.suffix for path in files] == [".mcap"] * 3
    with open(files[0], "rb") as stream:
        summary = make_reader(stream).get_summary()
    assert summary is not None
    topics = {channel.topic for channel in summary.channels.values()}
    assert any("front" in topic for topic in topics)


@pytest.mark.slow
def test_a_transfer_that_fails_says_why(window, qtbot, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    window.session.transferring.send_out(Export(out=tmp_path / "mine"))
    assert over(window, qtbot).phase is JobPhase.FAILED
    assert "not an export of Foresight" in window.pages["review"].transfer_card.text


@pytest.mark.slow
def test_a_cancelled_export_is_no_failure_and_leaves_nothing(window, qtbot, tmp_path):
    transferring = window.session.transferring
    transferring.send_out(Export(out=tmp_path / "set", mode="compact"))
    job = transferring._job
    qtbot.waitUntil(lambda: job.poll() is not None and job.status.total > 0, timeout=JOB_MS)
    window.pages["review"].transfer_card.stop_button.click()
    assert over(window, qtbot).phase in (JobPhase.CANCELLED, JobPhase.FINISHED)
    assert not list((tmp_path / "set").glob("data/**/*.parquet")) or transferring.outcome


@pytest.mark.slow
def test_compacting_asks_first_and_then_the_trim_is_final(window, qtbot, folder):
    review, editing = window.session.review, window.session.editing
    name = review.selected
    editing.set_part(0.5, 1.0)
    editing.trim()
    size = (folder / f"{name}.h5").stat().st_size
    window.do("compact")
    panel = next(p for kind, p in window.desk._panels.items() if kind.__name__ == "CompactPanel")
    assert "1 of 3 episodes are trimmed" in panel.words.text()
    panel.stop.click()
    assert (folder / f"{name}.h5").stat().st_size == size
    window.do("compact")
    panel.start.click()
    assert over(window, qtbot).phase is JobPhase.FINISHED
    assert (folder / f"{name}.h5").stat().st_size < size
    assert review.episode is not None
    editing.untrim()
    assert now(folder, name).duration_s == pytest.approx(0.5, abs=0.011)


def test_the_words_of_an_export_are_those_of_the_command(tmp_path):
    wish = Export(out=tmp_path, format="mcap", ids=("a", "b"))
    assert wish.arguments == ["a", "b", "--format", "mcap", "--out", str(tmp_path)]
    whole = replace(wish, format="lerobot", mode="compact", fresh=True)
    assert whole.arguments[-3:] == ["--mode", "compact", "--fresh"]
