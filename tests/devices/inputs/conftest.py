"""A machine with inputs plugged in: sysfs as the kernel writes it, and device files that are pipes.

A pipe in packet mode gives one report per read, as /dev/hidraw does; closing its other end is what
unplugging looks like.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.inputs.listing import FoundInput, list_inputs
from devices.kinematics import Kinematics


class Plugged:
    """One device that is plugged in."""

    def __init__(self, node: Path, entry: Path) -> None:
        self.node, self._entry = node, entry
        os.mkfifo(node)
        self._keep = os.open(node, os.O_RDONLY | os.O_NONBLOCK)  # lets the next open succeed
        self._file = os.open(node, os.O_WRONLY)
        fcntl.fcntl(self._file, fcntl.F_SETFL, os.O_DIRECT)
        os.close(self._keep)

    def send(self, *reports: bytes) -> None:
        for report in reports:
            os.write(self._file, report)

    def unplug(self) -> None:
        """The node and the sysfs entry go, then every reader reads the end."""
        self.node.unlink()
        self._entry.rename(self._entry.with_name("gone-" + self._entry.name))
        os.close(self._file)


class Machine:
    """The sysfs and /dev of a machine; device files appear and vanish."""

    def __init__(self, root: Path) -> None:
        self.sys, self.dev = root / "sys", root / "dev"
        self._number = 0
        self._open: list[Plugged] = []

    def plug_hid(
        self, ids: tuple[int, int], name: str, *, serial: str = "", descriptor: bytes = b"\x05\x01"
    ) -> Plugged:
        number, self._number = self._number, self._number + 1
        entry = self.sys / f"class/hidraw/hidraw{number}"
        (entry / "device").mkdir(parents=True)
        vendor, product = ids
        facts = f"HID_ID=0003:{vendor:08X}:{product:08X}\nHID_NAME={name}\nHID_UNIQ={serial}\n"
        (entry / "device/uevent").write_text(facts)
        (entry / "device/report_descriptor").write_bytes(descriptor)
        return self._plugged(self.dev / f"hidraw{number}", entry)

    def plug_joystick(self, ids: tuple[int, int], name: str) -> Plugged:
        number, self._number = self._number, self._number + 1
        entry = self.sys / f"class/input/js{number}"
        (entry / "device/id").mkdir(parents=True)
        (entry / "device/name").write_text(name + "\n")
        for what, value in zip(("vendor", "product"), ids, strict=True):
            (entry / "device/id" / what).write_text(f"{value:04x}\n")
        return self._plugged(self.dev / "input" / f"js{number}", entry)

    def present(self) -> list[FoundInput]:
        return list_inputs(sys=self.sys, dev=self.dev)

    def _plugged(self, node: Path, entry: Path) -> Plugged:
        node.parent.mkdir(parents=True, exist_ok=True)
        self._open.append(Plugged(node, entry))
        return self._open[-1]

    def unplug_all(self) -> None:
        for plugged in self._open:
            if plugged.node.exists():
                plugged.unplug()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.unplug_all()


@pytest.fixture(scope="session")
def kinematics() -> Kinematics:
    return Kinematics.of("so101")


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], bool]], None]:
    """Waits, looking again and again, until something is so; a busy machine may take its time."""
    import threading
    import time

    def wait(is_so: Callable[[], bool]) -> None:
        pause, deadline_s = threading.Event(), time.monotonic() + 20.0
        while not is_so():
            assert time.monotonic() < deadline_s, "it did not become so"
            pause.wait(0.005)

    return wait
