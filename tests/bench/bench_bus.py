"""Our servo bus against the maker's driver, on the same emulated arm, in the same run.

    python tests/bench/bench_bus.py [--seconds 5] [--rounds 3]

Sync reads of six motors: position only, and the 15 bytes of full telemetry. Rounds alternate, so
that a busy machine treats both alike. Also a dirty bus: 1 % of the answers dropped, 1 % corrupted.
Prints one JSON object; rates are reads per second, CPU is processor time of the client per read.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import scservo_sdk as sdk

from devices.emulators.arm_stand import ArmStandProcess
from devices.emulators.faults import FaultRates
from devices.emulators.orders import SetRates
from devices.emulators.plan import ArmPlan
from devices.feetech import registers as reg
from devices.feetech.bus import Bus

IDS = (1, 2, 3, 4, 5, 6)
BLOCKS = {"position": (56, 2), "telemetry": (reg.TELEMETRY_START, reg.TELEMETRY_SIZE)}
Read = Callable[[], bool]


class Ours:
    """Our bus."""

    def __init__(self, port: str, address: int, size: int) -> None:
        self._bus = Bus("bench", port)
        self._bus.open()
        self._block = (address, size)

    def read(self) -> bool:
        return not self._bus.sync_read(IDS, *self._block).missing

    def close(self) -> None:
        self._bus.close()


class Vendor:
    """The maker's driver as LeRobot uses it: one group for all motors."""

    def __init__(self, port: str, address: int, size: int) -> None:
        self._port = sdk.PortHandler(port)
        self._port.openPort()
        self._group = sdk.GroupSyncRead(self._port, sdk.PacketHandler(0), address, size)
        for motor in IDS:
            self._group.addParam(motor)

    def read(self) -> bool:
        return self._group.txRxPacket() == sdk.COMM_SUCCESS

    def close(self) -> None:
        self._port.closePort()


def measure(read: Read, seconds: float) -> dict[str, float]:
    """Read as fast as it goes."""
    late: list[float] = []
    failed = 0
    began_s, cpu_s = time.perf_counter(), time.process_time()
    while (started_s := time.perf_counter()) - began_s < seconds:
        failed += not read()
        late.append(time.perf_counter() - started_s)
    spent_s, used_s = time.perf_counter() - began_s, time.process_time() - cpu_s
    late.sort()
    return {
        "hz": len(late) / spent_s,
        "cpu_us_per_read": 1e6 * used_s / len(late),
        "cpu_share": used_s / spent_s,
        "p50_ms": 1e3 * late[len(late) // 2],
        "p99_ms": 1e3 * late[len(late) * 99 // 100],
        "failed_percent": 100 * failed / len(late),
    }


def compare(stand: ArmStandProcess, block: str, *, seconds: float, rounds: int) -> dict[str, dict]:
    """Both drivers in turn; the median of the rounds."""
    port = stand.ports["arm"]
    results: dict[str, list[dict[str, float]]] = {"ours": [], "vendor": []}
    for _ in range(rounds):
        for name, kind in (("ours", Ours), ("vendor", Vendor)):
            driver = kind(port, *BLOCKS[block])
            measure(driver.read, 0.3)  # both begin warm
            results[name].append(measure(driver.read, seconds))
            driver.close()
    return {
        name: {key: round(statistics.median(r[key] for r in runs), 3) for key in runs[0]}
        for name, runs in results.items()
    }


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(argv)
    how = {"seconds": options.seconds, "rounds": options.rounds}
    with tempfile.TemporaryDirectory() as folder:
        plan = ArmPlan("arm", str(Path(folder) / "arm"), light=True)
        with ArmStandProcess([plan]) as stand:
            result = {block: compare(stand, block, **how) for block in BLOCKS}
            stand.order(SetRates("arm", FaultRates(drop=0.01, corrupt=0.01)))
            result["dirty telemetry"] = compare(stand, "telemetry", **how)
    result["bars"] = {
        f"{block}: {what}": ok
        for block, both in result.items()
        for what, ok in (
            ("at least the vendor's rate", both["ours"]["hz"] >= both["vendor"]["hz"]),
            ("less CPU", both["ours"]["cpu_us_per_read"] < both["vendor"]["cpu_us_per_read"]),
        )
    }
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
