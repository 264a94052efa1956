"""Sounds are files of ours, played where the machine can, and silent where it cannot."""

from __future__ import annotations

import sys
import wave

import numpy as np
import pytest
from PySide6.QtCore import QUrl

from studio.make_sounds import PEAK, RATE_HZ, SOUNDS, write
from widgets import sounds
from widgets.sounds import Sounds


class Loudspeaker:
    """The outermost cable: remembers what it was told to play."""

    played: list[str] = []  # noqa: RUF012

    def setSource(self, url: QUrl) -> None:
        self.file = url.fileName()

    def setVolume(self, volume: float) -> None:
        assert 0.0 < volume <= 1.0

    def play(self) -> None:
        self.played.append(self.file)


@pytest.fixture
def player(qapp):
    Loudspeaker.played = []
    player = Sounds(effect=Loudspeaker)
    player.prepare()
    return player


def test_the_files_are_those_the_script_makes(tmp_path):
    for path in write(tmp_path):
        assert path.read_bytes() == (sounds.FOLDER / path.name).read_bytes(), path.name
    assert sounds.names() == tuple(sorted(SOUNDS))


@pytest.mark.parametrize("name", SOUNDS)
def test_a_sound_is_short_soft_and_begins_and_ends_in_silence(name: str):
    with wave.open(str(sounds.FOLDER / f"{name}.wav")) as file:
        assert (file.getframerate(), file.getnchannels()) == (RATE_HZ, 1)
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(heard) < 0.6 * RATE_HZ
    assert np.abs(heard).max() <= PEAK * 32767 + 1
    assert abs(int(heard[0])) < 300
    assert abs(int(heard[-1])) < 300


def test_a_sound_is_played_once(player: Sounds):
    player.play("kept")
    assert Loudspeaker.played == ["kept.wav"]


def test_muted_is_silent(player: Sounds):
    player.muted = True
    player.play("fault")
    assert Loudspeaker.played == []


def test_a_misspelt_sound_is_refused_with_those_that_exist(player: Sounds):
    with pytest.raises(ValueError, match=r"'bang'.*discarded.*take_over"):
        player.play("bang")


def test_without_qt_multimedia_it_is_silent(qapp, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)  # as where it is not installed
    player = Sounds()
    player.prepare()
    player.play("fault")
    assert not player.available
