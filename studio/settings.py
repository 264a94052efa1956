"""Where things are kept and what a person prefers: folders and one small TOML file.

A bad preference never stops the start: it is dropped and named. Knows no device, no process, no Qt;
what describes hardware (ports, limits, calibration) lives in a bench file, never here.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import tomli_w

APP = "foresight"
VERSION = 1
DEFAULT_TASK = "put the red cube in the tray"


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of one person on one machine."""

    data: Path
    config: Path

    @classmethod
    def default(cls, data: Path | None = None) -> Folders:
        """The platform's folders; ``data`` moves episodes and runs elsewhere."""
        return cls(
            data=data or Path(platformdirs.user_data_dir(APP, appauthor=False)),
            config=Path(platformdirs.user_config_dir(APP, appauthor=False)),
        )

    @property
    def episodes(self) -> Path:
        return self.data / "episodes"

    @property
    def runs(self) -> Path:
        return self.data / "runs"

    @property
    def calibrations(self) -> Path:
        """Of cameras: one file each."""
        return self.config / "cameras"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def preferences(self) -> Path:
        return self.config / "preferences.toml"

    @property
    def layout(self) -> Path:
        """Where the window and its cells were when it was closed."""
        return self.config / "window.ini"

    def create(self) -> None:
        """Make the data folders that are missing."""
        for folder in (self.episodes, self.runs, self.logs):
            folder.mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person chose; every field has a default, only the others are written."""

    bench: str = "sim"
    task: str = DEFAULT_TASK
    operator: str = ""  # who works here; written into every episode
    train_minutes: float = 10.0  # min
    demonstrations: int = 10
    autonomy: str = "ask first"
    autoconnect: bool = True
    theme: str = "dark"  # "dark" or "light"
    sounds: bool = True
    first_steps: bool = True  # the newcomer's way is shown
    steps_done: tuple[str, ...] = ()  # of that way


CHOICES = {"theme": ("dark", "light"), "autonomy": ("ask each", "ask first", "veto", "auto")}


@dataclass(frozen=True, slots=True)
class LoadedPreferences:
    """Preferences as read, and one sentence for each line that was dropped."""

    preferences: Preferences
    warnings: tuple[str, ...] = ()


def load_preferences(path: Path) -> LoadedPreferences:
    """Read ``path``; a missing file means defaults, a bad key means its default and a sentence."""
    if not path.exists():
        return LoadedPreferences(Preferences())
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
        return LoadedPreferences(
            Preferences(), (f"Preferences in {path} cannot be read ({error}); defaults are used.",)
        )
    data.pop("version", None)
    kept: dict[str, Any] = {}
    warnings: list[str] = []
    fields = {f.name: f for f in dataclasses.fields(Preferences)}
    for key, written in data.items():
        wanted = type(fields[key].default) if key in fields else None
        value = _as(wanted, written)
        if wanted is None or type(value) is not wanted:
            expected = f"a {wanted.__name__}" if wanted else f"one of {', '.join(fields)}"
        elif key in CHOICES and value not in CHOICES[key]:
            expected = f"one of {', '.join(CHOICES[key])}"
        else:
            kept[key] = value
            continue
        warnings.append(f"Preference {key} = {value!r} in {path} is dropped: not {expected}.")
    return LoadedPreferences(Preferences(**kept), tuple(warnings))


def _as(wanted: type | None, written: object) -> object:
    """``written`` as the wanted type where TOML has no such type of its own."""
    if wanted is float and type(written) is int:
        return float(written)
    if wanted is tuple and isinstance(written, list) and all(type(w) is str for w in written):
        return tuple(written)
    return written


def save_preferences(path: Path, preferences: Preferences) -> None:
    """Write what differs from the defaults, whole or not at all."""
    changed = {
        f.name: getattr(preferences, f.name)
        for f in dataclasses.fields(preferences)
        if getattr(preferences, f.name) != f.default
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(tomli_w.dumps({"version": VERSION, **changed}), encoding="utf-8")
    os.replace(temporary, path)
