"""A bench.toml being put together: arms and cameras by role, written into the file that is there.

What a person wrote by hand (comments, limits, settings, order) stays. A file that could not be
opened afterwards is not written. Knows no port and no window.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from devices.bench import VERSION, load_bench
from devices.cameras.mode import Mode
from devices.errors import InvalidBench
from recordings.whole_file import write_whole

FOLLOWER, LEADERS, CAMERAS = "follower", "leaders", "cameras"
MAIN_LEADER = f"{LEADERS}.main"
USUAL_MODE = Mode("MJPG", 640, 480, 30.0)
HEADER = (
    "What is on this bench. Foresight wrote it; edit it as you like.",
    "Ports and cameras are named by what stays with them, not by where they are plugged in.",
)


@dataclass(frozen=True, slots=True)
class ArmDraft:
    """One arm of the bench."""

    role: str  # its table: "follower", "leaders.main"
    port: str = ""
    calibration: str = ""  # file beside the bench file

    @property
    def name(self) -> str:
        """What people call it, also the stem of its calibration."""
        return self.role.removeprefix(f"{LEADERS}.") if self.role != MAIN_LEADER else "leader"


@dataclass(frozen=True, slots=True)
class CameraDraft:
    """One camera of the bench."""

    role: str  # "front"
    address: str
    width: int = USUAL_MODE.width
    height: int = USUAL_MODE.height
    fps: float = USUAL_MODE.fps


@dataclass(frozen=True, slots=True)
class BenchDraft:
    """A bench that need not be complete yet."""

    kind: str = "so101"
    arms: tuple[ArmDraft, ...] = ()
    cameras: tuple[CameraDraft, ...] = ()

    def arm(self, role: str) -> ArmDraft | None:
        return next((arm for arm in self.arms if arm.role == role), None)

    def with_arm(self, new: ArmDraft) -> BenchDraft:
        """The same with this arm in its role; follower first."""
        others = [arm for arm in self.arms if arm.role != new.role]
        return replace(self, arms=tuple(sorted((*others, new), key=lambda a: a.role != FOLLOWER)))

    def without_arm(self, role: str) -> BenchDraft:
        return replace(self, arms=tuple(arm for arm in self.arms if arm.role != role))

    def swapped(self, first: str, second: str) -> BenchDraft:
        """The same with the ports of two arms exchanged; calibrations stay with their roles."""
        a, b = self.arm(first), self.arm(second)
        if a is None or b is None:
            return self
        draft = self.with_arm(replace(a, port=b.port))
        return draft.with_arm(replace(b, port=a.port))

    def with_camera(self, new: CameraDraft) -> BenchDraft:
        """The same with this camera in its role; an address has one role."""
        others = [c for c in self.cameras if c.role != new.role and c.address != new.address]
        return replace(self, cameras=(*others, new))

    def without_camera(self, address: str) -> BenchDraft:
        return replace(self, cameras=tuple(c for c in self.cameras if c.address != address))


def read_draft(path: Path) -> BenchDraft:
    """What a bench file says about arms and cameras, complete or not; empty without a file.

    Raises:
        InvalidBench: it is no readable TOML.
    """
    if not path.exists():
        return BenchDraft()
    document = _document(path).unwrap()
    arms = [_arm(FOLLOWER, document[FOLLOWER])] if FOLLOWER in document else []
    arms += [_arm(f"{LEADERS}.{n}", table) for n, table in _tables(document, LEADERS).items()]
    cameras = [
        CameraDraft(role, **{key: table[key] for key in _CAMERA_KEYS if key in table})
        for role, table in _tables(document, CAMERAS).items()
        if isinstance(table, dict) and isinstance(table.get("address"), str)
    ]
    return BenchDraft(str(document.get("kind", "so101")), tuple(arms), tuple(cameras))


def write_bench(path: Path, draft: BenchDraft) -> None:
    """Bring a bench file up to date, or make it; what else it says stays as it is.

    Raises:
        InvalidBench: what is there cannot be read, or what came out could not be opened; the file
            is then as it was.
        InvalidCalibration: a calibration it names cannot be used.
        OSError: the file cannot be written.
    """
    before = read_draft(path)
    document = _document(path) if path.exists() else _fresh()
    document["version"] = VERSION
    _set(document, "kind", draft.kind)
    for arm in draft.arms:
        _fill(document, arm.role, port=arm.port, calibration=arm.calibration)
    for camera in draft.cameras:
        _fill(
            document, f"{CAMERAS}.{camera.role}",
            address=camera.address, width=camera.width, height=camera.height, fps=camera.fps,
        )  # fmt: skip
    for role in _roles(before) - _roles(draft):
        _remove(document, role)
    _check(path, tomlkit.dumps(document))
    write_whole(path, tomlkit.dumps(document))


_CAMERA_KEYS = ("address", "width", "height", "fps")


def _check(path: Path, text: str) -> None:
    """Open it under another name in the same folder, since calibrations are named from there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    trial = path.with_name(f".{path.name}.trial")
    trial.write_text(text, encoding="utf-8")
    try:
        load_bench(str(trial))
    except InvalidBench as error:
        raise error.elsewhere(str(path)) from error
    finally:
        os.unlink(trial)


def _document(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise InvalidBench(
            str(path), field="file", value=str(error), expected="readable TOML"
        ) from error


def _fresh() -> tomlkit.TOMLDocument:
    document = tomlkit.document()
    for sentence in HEADER:
        document.add(tomlkit.comment(sentence))
    return document


def _fill(document: tomlkit.TOMLDocument, place: str, **values: Any) -> None:  # noqa: ANN401
    """Give a table these values; those it has already keep their comments."""
    table: Any = document
    names = place.split(".")
    for depth, name in enumerate(names, start=1):
        if name not in table:
            table[name] = tomlkit.table(is_super_table=depth < len(names))
        table = table[name]
    for key, value in values.items():
        _set(table, key, value)


def _set(table: tomlkit.TOMLDocument | Table, key: str, value: object) -> None:
    if key not in table or table[key] != value:
        table[key] = value


def _remove(document: tomlkit.TOMLDocument, place: str) -> None:
    *above, last = place.split(".")
    table: Any = document
    for name in above:
        table = table[name]
    table.remove(last)
    if above and not table:
        document.remove(above[0])


def _roles(draft: BenchDraft) -> set[str]:
    return {arm.role for arm in draft.arms} | {f"{CAMERAS}.{c.role}" for c in draft.cameras}


def _tables(document: dict[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _arm(role: str, table: object) -> ArmDraft:
    values = table if isinstance(table, dict) else {}
    return ArmDraft(role, str(values.get("port", "")), str(values.get("calibration", "")))
