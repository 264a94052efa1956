"""A folder of episodes: listed whatever is in it, trash with a way back, journals completed."""

import multiprocessing
import shutil
from pathlib import Path

import pytest

from recordings import library
from recordings.edits import FILE_NAME, append_edit, read_edits
from recordings.errors import EpisodeNotFound
from recordings.header import new_header
from recordings.journal import JournalWriter, Kind
from recordings.reader import Episode
from recordings.recorder import Recorder
from recordings.seal import seal
from recordings.types import EpisodePhase, RobotSpec


def leftover(folder: Path, robot: RobotSpec, *, task: str = "stack the cubes") -> Path:
    """A journal nobody writes any more."""
    writer = JournalWriter(
        folder / "20260101-000000-abc.journal", header=new_header(task, robot=robot)
    )
    writer.append(Kind.EVENT, b'{"kind": "note", "data": {}}', t_ns=1)
    writer.close()
    return writer.path


def test_a_missing_folder_is_an_empty_list(tmp_path: Path) -> None:
    assert library.list_episodes(tmp_path / "nowhere") == []


def test_an_episode_is_listed_with_its_facts(episode_file: Path) -> None:
    (info,) = library.list_episodes(episode_file.parent)
    assert (info.id, info.path) == (episode_file.stem, str(episode_file))
    assert (info.steps, info.frames, info.cameras) == (100, 60, ("front", "wrist"))
    assert info.duration_s == pytest.approx(0.99)
    assert (info.success, info.phase, info.sealed) == (True, EpisodePhase.REVIEW, True)


def test_unreadable_files_are_listed_with_a_sentence_beside_the_good_one(
    episode_file: Path,
) -> None:
    folder = episode_file.parent
    (folder / "empty.h5").touch()
    (folder / "text.h5").write_text("hello")
    (folder / "torn.journal").write_bytes(b"\1\2\3")
    (folder / "half.h5.part").write_bytes(b"\1\2\3")
    found = {info.id: info.problem for info in library.list_episodes(folder)}
    assert found.pop(episode_file.stem) == ""
    assert "it is empty" in found.pop("empty")
    assert "is not a Foresight episode" in found.pop("text")
    assert "cannot be recovered" in found.pop("torn")
    assert found == {}


def test_names_with_spaces_and_other_letters_are_fine(episode_file: Path) -> None:
    renamed = episode_file.rename(episode_file.with_name("Grüße an 機器人 (2).h5"))
    assert [info.id for info in library.list_episodes(renamed.parent)] == ["Grüße an 機器人 (2)"]


def test_the_trash_gives_back_what_it_took_bit_by_bit(episode_file: Path) -> None:
    folder, before = episode_file.parent, episode_file.read_bytes()
    library.trash(folder, episode_file.stem)
    assert library.list_episodes(folder) == []
    assert [info.phase for info in library.list_trash(folder)] == [EpisodePhase.DISCARDED]
    library.restore(folder, episode_file.stem)
    assert [info.phase for info in library.list_episodes(folder)] == [EpisodePhase.REVIEW]
    assert episode_file.read_bytes() == before


def test_an_unknown_episode_is_refused_before_anything_moves(episode_file: Path) -> None:
    for action in (library.trash, library.restore, library.keep):
        with pytest.raises(EpisodeNotFound, match="no episode 'nobody'"):
            action(episode_file.parent, "nobody")
    assert episode_file.exists()


def test_keeping_is_remembered_and_the_file_stays_as_it_is(episode_file: Path) -> None:
    before = episode_file.read_bytes()
    library.keep(episode_file.parent, episode_file.stem)
    (info,) = library.list_episodes(episode_file.parent)
    assert info.phase is EpisodePhase.KEPT
    assert episode_file.read_bytes() == before


def test_the_newest_edit_of_a_field_wins_and_others_stay(tmp_path: Path) -> None:
    append_edit(tmp_path, "a", success=True, task="old")
    append_edit(tmp_path, "a", task="new")
    append_edit(tmp_path, "b", success=False)
    edits = read_edits(tmp_path)
    assert (edits["a"].success, edits["a"].task, edits["b"].success) == (True, "new", False)


def test_an_edit_cut_short_by_a_crash_spoils_neither_its_neighbours(tmp_path: Path) -> None:
    append_edit(tmp_path, "a", success=True)
    with (tmp_path / FILE_NAME).open("a") as file:
        file.write('{"id": "b", "succ')
    append_edit(tmp_path, "c", success=False)
    assert {name: edit.success for name, edit in read_edits(tmp_path).items()} == {
        "a": True,
        "c": False,
    }


def test_a_leftover_journal_is_listed_then_recovered(tmp_path: Path, robot: RobotSpec) -> None:
    leftover(tmp_path, robot)
    (listed,) = library.list_episodes(tmp_path)
    assert (listed.task, listed.sealed) == ("stack the cubes", False)
    assert "not completed yet" in listed.problem
    (recovered,) = library.recover_journals(tmp_path)
    assert (recovered.recovered, recovered.sealed, recovered.problem) == (True, True, "")
    assert [path.suffix for path in tmp_path.iterdir()] == [".h5"]


def test_a_journal_that_cannot_be_recovered_is_kept_and_named(tmp_path: Path) -> None:
    path = tmp_path / "torn.journal"
    path.write_bytes(b"\1\2\3")
    (info,) = library.recover_journals(tmp_path)
    assert "header is missing" in info.problem
    assert path.read_bytes() == b"\1\2\3"


def test_a_journal_without_a_complete_header_is_never_seen_and_goes_away(
    tmp_path: Path, robot: RobotSpec
) -> None:
    header = new_header("task", robot=robot)
    writer = JournalWriter(tmp_path / f"{header.id}.journal", header=header)
    assert [path.name for path in tmp_path.iterdir()] == [f"{header.id}.journal"]
    writer.close()
    with pytest.raises(FileExistsError):
        JournalWriter(writer.path, header=header)
    (tmp_path / "dead.journal.new").touch()
    assert len(library.list_episodes(tmp_path)) == 1
    library.recover_journals(tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".h5"]


def test_a_running_recording_is_not_taken_for_a_leftover(recorder: Recorder) -> None:
    episode_id = recorder.begin("task")
    assert library.recover_journals(recorder.folder) == []
    (info,) = library.list_episodes(recorder.folder)
    assert (info.id, info.phase, info.problem) == (episode_id, EpisodePhase.RECORDING, "")


def test_a_crash_between_sealing_and_deleting_the_journal_yields_one_episode(
    tmp_path: Path, robot: RobotSpec
) -> None:
    journal = leftover(tmp_path, robot)
    copy = shutil.copy(journal, tmp_path / "copy")
    seal(journal)
    shutil.move(copy, journal)
    assert len(library.list_episodes(tmp_path)) == 1
    library.recover_journals(tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".h5"]


def test_a_leftover_can_be_thrown_away_unsealed(tmp_path: Path, robot: RobotSpec) -> None:
    path = leftover(tmp_path, robot)
    library.trash(tmp_path, path.stem)
    assert library.list_episodes(tmp_path) == []
    assert (tmp_path / "trash" / path.name).exists()


def test_two_processes_recovering_the_same_folder_make_one_episode(
    tmp_path: Path, robot: RobotSpec
) -> None:
    leftover(tmp_path, robot)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        results = pool.map(library.recover_journals, [tmp_path, tmp_path], chunksize=1)
        pool.close()
        pool.join()
    assert sum(info.sealed for infos in results for info in infos) >= 1
    (info,) = library.list_episodes(tmp_path)
    with Episode.open(info.path) as episode:
        assert [event["kind"] for event in episode.events] == ["note"]
