"""`foresight episodes …` as people type it."""

import json
import os
from pathlib import Path

import pytest

from recordings import library
from studio.episodes.command import main


@pytest.fixture
def folder(episode_file: Path) -> Path:
    return episode_file.parent


def answer(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    code = main([str(word) for word in words])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_list_names_task_and_problem(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "Übung 1.h5").write_bytes(b"")
    code, text = answer(capsys, "list", folder)
    assert code == 0
    assert "put the red cube in the tray" in text
    assert "it is empty" in text
    assert "2 episodes, 0.0 min; 1 with a problem" in text


def test_list_as_json_has_one_object_per_episode(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = answer(capsys, "list", folder, "--json")[1].splitlines()
    assert json.loads(line)["steps"] == 100


def test_an_id_may_be_shortened_as_long_as_it_is_clear(
    folder: Path, episode_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = answer(capsys, "trim", folder, episode_file.stem[:10], "--from", 0.2)
    assert (code, text) == (0, f"{episode_file.stem} counts from 0.20 s to 0.99 s of 0.99 s\n")
    assert answer(capsys, "split", folder, episode_file.stem, 0.5)[0] == 0
    code, text = answer(capsys, "trash", folder, episode_file.stem[:10])  # two begin like that
    assert code == 1
    assert "no episode" in text


def test_edit_undo_redo_and_history(
    folder: Path, episode_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = episode_file.stem
    assert answer(capsys, "relabel", folder, name, "--task", "pour", "--success", "no")[0] == 0
    assert answer(capsys, "relabel", folder, "--where", "pour", "--flag", "on")[0] == 0
    assert answer(capsys, "split", folder, name, 0.4)[0] == 0
    assert answer(capsys, "merge", folder, f"{name}-1", f"{name}-2") == (0, f"joined as {name}-1\n")
    assert answer(capsys, "undo", folder)[1].startswith("undone: join of")
    assert answer(capsys, "undo", folder)[1].startswith("undone: split of")
    (info,) = library.list_episodes(folder)
    assert (info.task, info.success, info.flagged) == ("pour", False, True)
    history = answer(capsys, "history", folder)[1]
    assert history.count("relabel") == 2
    assert history.count("(undone)") == 2
    assert answer(capsys, "redo", folder)[0] == 0
    assert len(library.list_episodes(folder)) == 2


def test_trash_restore_compact(
    folder: Path, episode_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = episode_file.stem
    assert answer(capsys, "trash", folder, name)[0] == 0
    assert name in answer(capsys, "list", folder, "--trash")[1]
    assert answer(capsys, "restore", folder, name)[0] == 0
    answer(capsys, "trim", folder, name, "--to", 0.5)
    assert "1 episodes rewritten" in answer(capsys, "compact", folder)[1]
    assert answer(capsys, "trim", folder, name, "--all")[0] == 0


def test_repair_says_what_it_cannot_do(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "torn.journal").write_bytes(b"\1\2\3")
    code, text = answer(capsys, "repair", folder)
    assert code == 1
    assert "cannot be recovered" in text
    assert "0 put right, 1 left as they are" in text


def test_export_and_import_for_people_and_for_programs(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, back = tmp_path / "set", tmp_path / "back"
    code, text = answer(capsys, "export", folder, "--out", out, "--mode", "fast")
    assert code == 0
    assert "1 episodes added" in text
    assert "which a policy cannot reach: shoulder_pan" in text
    code, text = answer(capsys, "export", folder, "--out", out, "--fps", 15, "--json")
    events = [json.loads(line) for line in text.splitlines()]
    assert (code, events[0]["event"], events[-1]["event"]) == (1, "started", "failed")
    assert "fps 30 there, 15 asked" in events[-1]["message"]
    assert answer(capsys, "import", back, out)[1].startswith("1 episodes imported")
    assert answer(capsys, "check", back)[0] == 0
    code, text = answer(capsys, "import", back, folder)
    assert code == 1
    assert "it is no LeRobot dataset" in text


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system")
def test_a_read_only_folder_is_named_and_stays_readable(
    read_only: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (info,) = library.list_episodes(read_only)
    code, text = answer(capsys, "trash", read_only, info.id)
    assert code == 1
    assert "Read-only file system" in text
    assert str(read_only) in text
