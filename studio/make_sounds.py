"""Makes the sounds in ``assets/sounds``: ``python -m studio.make_sounds [FOLDER]``.

Short tones whose direction says what happened: up for beginning and keeping, down for ending and
discarding, two equal knocks for a person taking over, a low buzz for a fault. The same bytes on
every machine, so the files can be checked.
"""

from __future__ import annotations

import sys
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

import assets

RATE_HZ = 22050
PEAK = 0.6  # of full scale
FADE_S = 0.006  # at both ends of a note: no click


@dataclass(frozen=True, slots=True)
class Note:
    """A tone with one softer overtone."""

    hz: float
    seconds: float
    overtone: float = 0.25


SOUNDS: dict[str, tuple[Note, ...]] = {
    "take_over": (Note(660, 0.07), Note(0, 0.03), Note(660, 0.07)),
    "hand_back": (Note(440, 0.08), Note(587, 0.08), Note(880, 0.12)),
    "episode_start": (Note(523, 0.07), Note(784, 0.12)),
    "kept": (Note(784, 0.06), Note(1047, 0.14)),
    "discarded": (Note(494, 0.08), Note(330, 0.14)),
    "fault": (Note(196, 0.16, 0.7), Note(0, 0.05), Note(165, 0.26, 0.7)),
}


def samples(notes: tuple[Note, ...]) -> npt.NDArray[np.int16]:
    """(m,) int16 at 22 050 Hz; a note of 0 Hz is a rest."""
    parts = [_tone(note) for note in notes]
    joined = np.concatenate(parts)
    loudest = float(np.abs(joined).max())
    return np.round(joined / loudest * PEAK * 32767).astype(np.int16)


def _tone(note: Note) -> npt.NDArray[np.float64]:
    t_s = np.arange(round(note.seconds * RATE_HZ)) / RATE_HZ
    wave_form = np.sin(2 * np.pi * note.hz * t_s)
    wave_form += note.overtone * np.sin(4 * np.pi * note.hz * t_s)
    edge = np.minimum(t_s, t_s[::-1]) / FADE_S
    decay = np.exp(-2.5 * t_s / note.seconds)
    return wave_form * np.clip(edge, 0.0, 1.0) * decay


def write(folder: Path) -> list[Path]:
    """Write every sound as a mono 16-bit WAV file into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, notes in SOUNDS.items():
        path = folder / f"{name}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(samples(notes).astype("<i2").tobytes())
        paths.append(path)
    return paths


def main() -> int:
    """Write them where the program looks for them, or into the folder that is named."""
    here = Path(assets.__file__).parent / "sounds"
    for path in write(Path(sys.argv[1]) if len(sys.argv) > 1 else here):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
