"""Short sounds, for people who look at the arm and not at the screen.

Plays the files of ``assets/sounds`` by name. Silent where Qt's multimedia module (or the sound
system it needs) is not installed, and when muted; knows not what a sound means.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QUrl

import assets

FOLDER = Path(assets.__file__).parent / "sounds"
VOLUME = 0.5  # of the system's


class Effect(Protocol):
    """What plays one file; Qt's QSoundEffect is one."""

    def setSource(self, url: QUrl, /) -> None: ...
    def setVolume(self, volume: float, /) -> None: ...
    def play(self) -> None: ...


class Sounds(QObject):
    """All sounds of the program; ``muted`` may be set at any time."""

    def __init__(
        self, parent: QObject | None = None, *, effect: type[Effect] | None = None
    ) -> None:
        super().__init__(parent)
        self.muted = False
        self._effect = effect
        self._effects: dict[str, Effect] = {}

    @property
    def available(self) -> bool:
        """Whether this machine can play them; known after :meth:`prepare`."""
        return self._effect is not None

    def prepare(self) -> None:
        """Load the player and the files; takes a moment, so not while something must be quick."""
        if self._effect is None:
            self._effect = _qt_effect()
        if self._effect is None or self._effects:
            return
        for name in names():
            effect = self._effect()
            effect.setSource(QUrl.fromLocalFile(str(FOLDER / f"{name}.wav")))
            effect.setVolume(VOLUME)
            self._effects[name] = effect

    def play(self, name: str) -> None:
        """Play a sound from its beginning.

        Raises:
            ValueError: no such sound; the message lists those that exist.
        """
        if name not in names():
            raise ValueError(f"sound {name!r} does not exist; there are {', '.join(names())}")
        if not self.muted and name in self._effects:
            self._effects[name].play()


def names() -> tuple[str, ...]:
    """Names of all sounds that exist."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.wav")))


def _qt_effect() -> type[Effect] | None:
    """Qt's player, None where only Qt's essentials or no sound system are installed."""
    try:
        from PySide6.QtMultimedia import QSoundEffect
    except ImportError:
        return None
    return QSoundEffect
