"""A Franka robot made of software: the maker's network protocol on loopback, MuJoCo behind it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 60.0


@contextmanager
def franka_server(address: str) -> Iterator[subprocess.Popen[bytes]]:
    """The robot while the block runs; it may be killed inside, as if its cable was pulled."""
    import franky

    command = [sys.executable, "-m", "franky_sim.run_server", "-s", "mujoco"]
    process = subprocess.Popen(
        [*command, "--hostname", address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end_s = time.monotonic() + PATIENCE_S
        while not _answers(franky, address):
            assert process.poll() is None, "the simulated robot ended"
            assert time.monotonic() < end_s, "the simulated robot did not come up"
        yield process
    finally:
        process.kill()
        process.wait()


def _answers(franky, address: str) -> bool:
    try:
        franky.Gripper(address)
    except franky.Exception:
        return False
    return True
