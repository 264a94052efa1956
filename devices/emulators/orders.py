"""What a test, a script or a person may do to an emulated arm while a driver talks to it.

Frozen values that go through a pipe, or one JSON object per line with the same names:
``{"order": "unplug", "arm": "leader"}``.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from devices.emulators.faults import FaultRates
from devices.errors import DeviceError


@dataclass(frozen=True, slots=True)
class SetRates:
    """From now on answers fail this often."""

    arm: str
    rates: FaultRates


@dataclass(frozen=True, slots=True)
class Unplug:
    """Pull the USB cable."""

    arm: str


@dataclass(frozen=True, slots=True)
class Plug:
    """Put the USB cable in again."""

    arm: str


@dataclass(frozen=True, slots=True)
class BrownOut:
    """The supply of all motors drops out for a moment: they start anew, torque off."""

    arm: str


@dataclass(frozen=True, slots=True)
class Mute:
    """A motor stops answering until its power is switched off and on."""

    arm: str
    motor: int


@dataclass(frozen=True, slots=True)
class Stick:
    """Something blocks a joint, or lets go of it."""

    arm: str
    motor: int
    on: bool = True


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """A motor complains: 1 voltage, 2 angle, 4 heat, 8 current, 32 overload; 0 stops it."""

    arm: str
    motor: int
    bits: int


@dataclass(frozen=True, slots=True)
class Imprint:
    """A motor has had this in its table all along: another model, firmware, id, a stale goal."""

    arm: str
    motor: int
    address: int
    data: tuple[int, ...]  # bytes


@dataclass(frozen=True, slots=True)
class Wire:
    """From now on only these motors hang on the cable, counted from 1 at the base of the arm."""

    arm: str
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Push:
    """A hand moves the joints (n,) rad to there; only an arm that is held by hand obeys."""

    arm: str
    q: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Tell:
    """Ask how the emulator stands; answered with a :class:`Told`."""


@dataclass(frozen=True, slots=True)
class Leave:
    """End the emulator."""


Order = (
    SetRates
    | Unplug
    | Plug
    | BrownOut
    | Mute
    | Stick
    | RaiseAlarm
    | Imprint
    | Wire
    | Push
    | Tell
    | Leave
)

NAMES: dict[str, type[Any]] = {
    "set_rates": SetRates,
    "unplug": Unplug,
    "plug": Plug,
    "brown_out": BrownOut,
    "mute": Mute,
    "stick": Stick,
    "raise_alarm": RaiseAlarm,
    "imprint": Imprint,
    "wire": Wire,
    "push": Push,
    "tell": Tell,
    "leave": Leave,
}


@dataclass(frozen=True, slots=True)
class ArmTold:
    """The truth about one emulated arm."""

    q: tuple[float, ...]  # rad, where the joints really are
    goal: tuple[float, ...]  # rad, where the motors are told to go
    torque: tuple[bool, ...]
    requests: int
    spoiled: dict[str, int]  # faults injected so far


@dataclass(frozen=True, slots=True)
class Told:
    """The truth about all emulated arms, by name."""

    arms: dict[str, ArmTold]
    t_ns: int


class UnknownOrder(DeviceError):  # noqa: N818 - says what happened, like its neighbours
    """A line that is no order."""

    code = "unknown_order"

    def __init__(self, line: str, *, reason: str) -> None:
        super().__init__(
            "emulator",
            f"{line.strip()!r} is no order: {reason}.",
            f'Known: {", ".join(NAMES)}; e.g. {{"order": "unplug", "arm": "leader"}}.',
        )


def order_of(line: str) -> Order:
    """The order in one line of JSON.

    Raises:
        UnknownOrder: it is none.
    """
    try:
        words = dict(json.loads(line))
        kind = NAMES[words.pop("order")]
        if kind is SetRates:
            words = {"arm": words.pop("arm"), "rates": FaultRates(**words)}
        if kind is Push:
            words["q"] = tuple(float(v) for v in words["q"])
        if kind is Imprint:
            words["data"] = tuple(bytes(words["data"]))
        if kind is Wire:
            words["places"] = tuple(int(place) for place in words["places"])
        return kind(**words)
    except (ValueError, KeyError, TypeError) as error:
        raise UnknownOrder(line, reason=str(error)) from error


def as_line(told: Told) -> str:
    """One line of JSON."""
    return json.dumps({name: dataclasses.asdict(arm) for name, arm in told.arms.items()})
