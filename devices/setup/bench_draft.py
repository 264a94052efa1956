"""A bench.toml being put together: arms and cameras by role, written into the file that is there.

What a person wrote by hand (comments, limits, settings, order) stays. A file that could not be
opened afterwards is not written. Knows no port and no window.
"""

from __future__ import annotations

import os
from collections.abc import Collection
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

FOLLOWER, LEADERS, CAMERAS, KIND = "follower", "leaders", "cameras", "kind"
MAIN_LEADER = f"{LEADERS}.main"
TWO_ARMS = "bimanual"  # the kind of a bench with a left and a right arm
SIDES = ("left", "right")
USUAL_KIND = "so101"
USUAL_MODE = Mode("MJPG", 640, 480, 30.0)
HEADER = (
    "What is on this bench. Foresight wrote it; edit it as you like.",
    "Ports and cameras are named by what stays with them, not by where they are plugged in.",
)


@dataclass(frozen=True, slots=True)
class ArmDraft:
    """One arm of the bench."""

    role: str  # its table: "follower", "leaders.main", "left.follower"
    port: str = ""
    calibration: str = ""  # file beside the bench file
    kind: str = ""  # "" as the follower beside it

    @property
    def side(self) -> str:
        """Which half of a bench with two arms it belongs to, "" on a bench with one."""
        head, _, _ = self.role.partition(".")
        return head if head in SIDES else ""

    @property
    def is_follower(self) -> bool:
        return self.role.endswith(FOLLOWER)

    @property
    def name(self) -> str:
        """What people call it: "leader", "left follower"."""
        own = self.role.removeprefix(f"{self.side}.") if self.side else self.role
        word = "leader" if own == MAIN_LEADER else own.removeprefix(f"{LEADERS}.")
        return f"{self.side} {word}".strip()

    @property
    def file_name(self) -> str:
        """How the file of its calibration is called unless the bench file says otherwise."""
        return f"{self.name.replace(' ', '_')}.toml"


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

    kind: str = USUAL_KIND
    arms: tuple[ArmDraft, ...] = ()
    cameras: tuple[CameraDraft, ...] = ()

    @property
    def two_arms(self) -> bool:
        """A left and a right arm, each with its leaders."""
        return self.kind == TWO_ARMS

    @property
    def followers(self) -> tuple[str, ...]:
        """Roles that must be filled."""
        return tuple(f"{side}.{FOLLOWER}" for side in SIDES) if self.two_arms else (FOLLOWER,)

    def follower_of(self, arm: ArmDraft) -> ArmDraft | None:
        """The follower on the same side."""
        return self.arm(f"{arm.side}.{FOLLOWER}" if arm.side else FOLLOWER)

    def with_two_arms(self, two: bool) -> BenchDraft:
        """The same cameras for one arm or for two; roles are given anew."""
        if two == self.two_arms:
            return self
        return replace(self, kind=TWO_ARMS if two else USUAL_KIND, arms=())

    def arm(self, role: str) -> ArmDraft | None:
        return next((arm for arm in self.arms if arm.role == role), None)

    def with_arm(self, new: ArmDraft) -> BenchDraft:
        """The same with this arm in its role; followers first. A follower's kind is the bench's."""
        others = [arm for arm in self.arms if arm.role != new.role]
        ordered = tuple(sorted((*others, new), key=lambda a: (a.side, not a.is_follower)))
        alone = new.is_follower and new.kind and not self.two_arms
        return replace(self, arms=ordered, kind=new.kind if alone else self.kind)

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
    kind = str(document.get(KIND, USUAL_KIND))
    arms: list[ArmDraft] = []
    for side in SIDES if kind == TWO_ARMS else ("",):
        arms += _arms(_tables(document, side) if side else document, side)
    cameras = [
        CameraDraft(role, **{key: table[key] for key in _CAMERA_KEYS if key in table})
        for role, table in _tables(document, CAMERAS).items()
        if isinstance(table, dict) and isinstance(table.get("address"), str)
    ]
    return BenchDraft(kind, tuple(arms), tuple(cameras))


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
    _set(document, KIND, draft.kind)
    for arm in draft.arms:
        _write_arm(document, arm)
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


def _write_arm(document: tomlkit.TOMLDocument, arm: ArmDraft) -> None:
    """Its table; its kind stands above it, or in it where it is of another make than its side."""
    if arm.is_follower and arm.side:
        _fill(document, arm.side, kind=arm.kind or USUAL_KIND)
    own: dict[str, Any] = {}
    if not arm.is_follower and arm.kind:
        above = document[arm.side] if arm.side else document
        if above.get(KIND) != arm.kind:
            own = {KIND: arm.kind}
    known = _known(document, arm.role)
    said = {"port": arm.port, "calibration": arm.calibration}
    if known:  # some makes have no such thing, and it stays away
        said = {key: value for key, value in said.items() if value or key in known}
    _fill(document, arm.role, **own, **said)


def _known(document: tomlkit.TOMLDocument, place: str) -> Collection[str]:
    """What a table says already; nothing where it is not there."""
    table: Any = document
    for name in place.split("."):
        table = table.get(name, {})
    return table


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
        _remove(document, ".".join(above))


def _roles(draft: BenchDraft) -> set[str]:
    return {arm.role for arm in draft.arms} | {f"{CAMERAS}.{c.role}" for c in draft.cameras}


def _tables(document: dict[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _arms(table: dict[str, Any], side: str) -> list[ArmDraft]:
    """The arms in a bench file without sides, or of one side."""
    prefix, kind = (f"{side}.", str(table.get(KIND, ""))) if side else ("", "")
    found = [_arm(f"{prefix}{FOLLOWER}", table[FOLLOWER], kind)] if FOLLOWER in table else []
    leaders = _tables(table, LEADERS)
    return found + [_arm(f"{prefix}{LEADERS}.{name}", own, "") for name, own in leaders.items()]


def _arm(role: str, table: object, kind: str) -> ArmDraft:
    values = table if isinstance(table, dict) else {}
    texts = (str(values.get(key, "")) for key in ("port", "calibration"))
    return ArmDraft(role, *texts, kind=str(values.get(KIND, kind)))
