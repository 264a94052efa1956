"""Blocks of shared memory with an owner in their name.

The parent creates and unlinks; its ``multiprocessing`` children (spawn) attach. They share the
parent's resource tracker, so attaching from any other process is not supported: Python before 3.13
would unlink the block when that process exits. Does not know what lies in a block.
"""

from __future__ import annotations

import os
import re
import secrets
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

from recordings.errors import SharedMemoryFull

PREFIX = "foresight"
_SHM = Path("/dev/shm")  # where Linux keeps the blocks; other systems offer no folder to look into


def block_name(role: str, *, prefix: str = PREFIX) -> str:
    """``<prefix>_<pid>_<random>_<role>``: short enough for macOS, and the owner can be told."""
    return f"{prefix}_{os.getpid()}_{secrets.token_hex(3)}_{role}"


def create_block(name: str, *, size: int) -> SharedMemory:
    """A new block of ``size`` bytes, its memory really reserved.

    Raises:
        SharedMemoryFull: when it does not fit. Without the reservation the first write into a
            missing page would kill the process with SIGBUS.
    """
    block = SharedMemory(name=name, create=True, size=size)
    try:
        _reserve(name, size=size)
    except OSError as error:
        block.close()
        block.unlink()
        free = os.statvfs(_SHM)
        raise SharedMemoryFull(
            name, wanted_bytes=size, free_bytes=free.f_bavail * free.f_frsize
        ) from error
    return block


def attach_block(name: str) -> SharedMemory:
    """The block of that name, created by the parent process (or this one)."""
    return SharedMemory(name=name)


def memory_of(block: SharedMemory) -> memoryview:
    """The bytes of an open block.

    Raises:
        ValueError: when the block is closed.
    """
    if block.buf is None:
        message = f"shared memory block {block.name} is closed"
        raise ValueError(message)
    return block.buf


def remove_stale_blocks(*, prefix: str = PREFIX) -> list[str]:
    """Unlink blocks whose owner died without doing so; returns their names. For program start."""
    if not _SHM.is_dir():
        return []
    pattern = re.compile(rf"{re.escape(prefix)}_(\d+)_")
    stale = [
        path
        for path in _SHM.iterdir()
        if (match := pattern.match(path.name)) and not _is_alive(int(match[1]))
    ]
    for path in stale:
        path.unlink(missing_ok=True)
    return sorted(path.name for path in stale)


def _reserve(name: str, *, size: int) -> None:
    path = _SHM / name
    if not path.exists() or not hasattr(os, "posix_fallocate"):
        return
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
