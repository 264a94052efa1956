"""`foresight set-up-motors` and `foresight emulate --fresh`, each as a process of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.setup.makes import MAKES
from studio.cli import run

ROOT = Path(__file__).resolve().parents[2]
MAKE = MAKES["so101"]
IDS = {joint.name: number for number, joint in enumerate(MAKE.joints, start=1)}


class Process:
    """A command with pipes."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "studio", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "MUJOCO_GL": "egl"},
        )  # fmt: skip

    def line(self) -> str:
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return line

    def say(self, text: str = "") -> None:
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()


@pytest.fixture
def fresh(tmp_path) -> Iterator[Process]:
    """An emulated leader of new motors; orders go to its stdin."""
    command = ("emulate", "so101", "--json", "--leader", "--fresh", "--out", str(tmp_path))
    emulator = Process(*command)
    emulator.port = json.loads(emulator.line())["leader"]
    yield emulator
    emulator.process.terminate()
    emulator.process.communicate(timeout=30)


def wire(emulator: Process, *places: int) -> None:
    emulator.say(json.dumps({"order": "wire", "arm": "leader", "places": places}))
    emulator.say(json.dumps({"order": "tell"}))
    emulator.line()  # it is done


def test_six_new_motors_are_set_up_one_after_the_other(fresh):
    command = Process("set-up-motors", fresh.port)
    for joint in MAKE.motor_order:
        assert f"motor of {joint} and press Enter" in command.line()
        if joint == "wrist_roll":  # the next one was forgotten
            command.say()
            assert "set up already answer (id 6)" in command.process.stderr.readline()
            assert "motor of wrist_roll" in command.line()
        wire(fresh, *range(IDS[joint], 7))
        command.say()
        assert f"{joint} has id {IDS[joint]} now (was id 1" in command.line()
    assert "All motors are set up" in command.line()
    assert command.process.wait(timeout=30) == 0
    command.process.communicate()
    assert len(MAKE.look(fresh.port).motors) == 6


def test_one_motor_after_a_repair(fresh):
    wire(fresh, 3)
    command = Process("set-up-motors", fresh.port, "--joint", "elbow_flex")
    out, _ = command.process.communicate("\n", timeout=60)
    assert command.process.returncode == 0
    assert "elbow_flex has id 3 now" in out


def test_a_joint_that_the_arm_has_not(capsys):
    assert run(["set-up-motors", "/dev/none", "--joint", "knee"]) == 2
    assert "no joint 'knee'" in capsys.readouterr().err


def test_nobody_to_press_enter(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(["set-up-motors", "/dev/none"]) == 2
