"""What `foresight` answers before any window or process exists."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from studio.display import missing_display, prepare_platform
from studio.jobs import foresight_environment

ROOT = Path(__file__).resolve().parents[2]
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks about X and Wayland")


def foresight(*arguments, **environment):
    """Run the real command line without any display."""
    env = {k: v for k, v in foresight_environment().items() if "DISPLAY" not in k}
    env.pop("QT_QPA_PLATFORM", None)
    return subprocess.run(
        [sys.executable, "-P", "-m", "studio", *arguments],
        capture_output=True,
        text=True,
        env={**env, **environment},
        timeout=60,
        check=False,
    )


@linux
def test_without_a_display_one_sentence_names_the_three_ways_out():
    answer = foresight()
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert all(way in answer.stderr for way in ("--offscreen", "Xvfb", "foresight demo"))


@linux
def test_a_display_that_does_not_answer_is_named_before_qt_aborts():
    answer = foresight(DISPLAY=":4711")
    assert answer.returncode == 2
    assert "DISPLAY=:4711 does not answer" in answer.stderr


@linux
def test_an_unknown_bench_names_those_that_exist():
    answer = foresight("--offscreen", "--bench", "moon")
    assert answer.returncode == 2
    assert "'moon'" in answer.stderr
    assert "sim" in answer.stderr


def test_an_impossible_number_is_refused_with_a_sentence():
    answer = foresight("demo", "--episodes", "0")
    assert answer.returncode == 2
    assert "at least 1" in answer.stderr


def test_the_help_lists_every_command():
    answer = foresight("--help")
    assert all(name in answer.stdout for name in ("demo", "train", "serve", "--tour", "--bench"))


def test_a_stranger_called_devices_is_named_by_its_path(tmp_path):
    stranger = tmp_path / "devices.py"
    stranger.write_text("raise SystemError('never imported')")
    code = (
        "import sys; sys.path.insert(1, sys.argv[1])\n"
        "from studio.__main__ import main\n"
        "sys.path.insert(0, sys.argv[2]); sys.exit(main(['--help']))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(ROOT), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert str(stranger) in answer.stderr


@linux
@pytest.mark.parametrize(
    "environment", [{"QT_QPA_PLATFORM": "offscreen"}, {"WAYLAND_DISPLAY": "w"}]
)
def test_other_platforms_than_x_need_no_x(environment):
    assert missing_display(environment) is None


@linux
def test_a_listening_x_server_is_a_display(tmp_path):
    number = os.getpid() + 5000
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0/tmp/.X11-unix/X{number}")
        server.listen()
        assert missing_display({"DISPLAY": f":{number}.0"}) is None


@linux
def test_3d_goes_through_x_where_wayland_offers_both():
    environment = {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}
    prepare_platform(environment)
    assert environment["QT_QPA_PLATFORM"] == "xcb"


@linux
def test_a_platform_that_the_user_chose_stays():
    environment = {"WAYLAND_DISPLAY": "w", "DISPLAY": ":0", "QT_QPA_PLATFORM": "wayland"}
    prepare_platform(environment)
    assert environment["QT_QPA_PLATFORM"] == "wayland"
