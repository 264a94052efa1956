"""The crash log of one episode while it is recorded: append-only, one system call per record.

    record = magic u32 | kind u16 | stream u16 | length u32 | t_ns i64 | index i64 | seq i64
             | crc32 u32 | payload          (little endian; the CRC covers all but itself)

What was appended survives the death of any process at once, and a power cut after 0.5 s. The writer
holds a lock on the file; a journal without a lock is a leftover. Reading it back is
``journal_reader``; this module does not know what payloads mean.
"""

from __future__ import annotations

import enum
import errno
import fcntl
import os
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from recordings.header import EpisodeHeader

SUFFIX: Final = ".journal"
UNBORN_SUFFIX: Final = ".journal.new"  # until the header is in it
MAGIC: Final = 0x4C4A5346  # "FSJL"
HEAD: Final = struct.Struct("<IHHIqqq")  # everything the CRC covers besides the payload
CRC: Final = struct.Struct("<I")
HEAD_BYTES: Final = HEAD.size + CRC.size
MAX_PAYLOAD_BYTES: Final = 64 * 2**20  # a length above this is not a length
SYNC_PERIOD_S: Final = 0.5  # at most this much is lost in a power cut


class Kind(enum.IntEnum):
    """What a record holds."""

    HEADER = 1  # EpisodeHeader as JSON
    STEP = 2  # one row of recordings.rows; index = step ring index
    JPEG = 3  # one picture of camera number `stream`; index = frame ring index
    EVENT = 4  # JSON {"kind", "data"}
    PLAN = 5  # a plan in wire form
    END = 6  # JSON {"success", "reason"}


class Item(NamedTuple):
    """One record to be, see :meth:`JournalWriter.append`."""

    kind: Kind
    payload: bytes
    t_ns: int
    stream: int = 0
    ring_index: int = -1
    seq: int = -1


class JournalWriter:
    """Appends records; a thread of its own pushes them to the disk, the caller never waits for it.

    Runs in the recorder process.
    """

    def __init__(self, path: Path, *, header: EpisodeHeader) -> None:
        """Create ``path``; it appears with its header in it, so that no crash leaves an empty one.

        Raises:
            OSError: when the folder cannot be written or the file exists.
        """
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        unborn = path.with_name(f"{path.stem}{UNBORN_SUFFIX}")
        self.path = path
        self.bytes_written = 0
        self._sync_error: OSError | None = None
        self._closing = threading.Event()
        self._file = os.open(unborn, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._syncing = threading.Thread(target=self._sync_loop, name="journal-sync", daemon=True)
        try:
            self.append(Kind.HEADER, header.to_bytes(), t_ns=header.created_mono_ns)
            unborn.rename(path)
        except OSError:
            os.close(self._file)
            unborn.unlink(missing_ok=True)
            raise
        self._syncing.start()

    def append(
        self,
        kind: Kind,
        payload: bytes,
        *,
        t_ns: int,
        stream: int = 0,
        index: int = -1,
        seq: int = -1,
    ) -> None:
        """Write one record, completely or not at all.

        Raises:
            OSError: disk full, quota, device gone. The file then ends with the record before.
        """
        if self._sync_error is not None:
            raise self._sync_error
        head = HEAD.pack(MAGIC, kind, stream, len(payload), t_ns, index, seq)
        crc = CRC.pack(zlib.crc32(payload, zlib.crc32(head)))
        size = HEAD_BYTES + len(payload)
        try:
            written = os.writev(self._file, (head, crc, payload))
            if written < size:  # the disk is filling up; the rest says how
                rest = memoryview(head + crc + payload)
                while written < size:
                    written += os.write(self._file, rest[written:])
        except OSError:
            os.ftruncate(self._file, self.bytes_written)
            raise
        self.bytes_written += size

    def append_item(self, item: Item) -> None:
        """Write one record that somebody prepared.

        Raises:
            OSError: as :meth:`append`.
        """
        kind, payload, t_ns, stream, index, seq = item
        self.append(kind, payload, t_ns=t_ns, stream=stream, index=index, seq=seq)

    def close(self) -> None:
        """Push everything to the disk and release the file. May take as long as the disk does.

        Raises:
            OSError: when the disk refuses; what it took before stays.
        """
        self._closing.set()
        self._syncing.join()
        try:
            os.fdatasync(self._file)
        finally:
            os.close(self._file)

    def abandon(self) -> None:
        """Release the file at once; may be called after ``close``."""
        if not self._closing.is_set():
            self._closing.set()
            self._syncing.join()
            os.close(self._file)

    def _sync_loop(self) -> None:
        synced = 0
        try:
            sync_folder(self.path.parent)
            while not self._closing.wait(SYNC_PERIOD_S):
                if synced != self.bytes_written:
                    synced = self.bytes_written
                    os.fdatasync(self._file)
        except OSError as error:
            self._sync_error = error


def sync_folder(folder: Path) -> None:
    """Make names in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Own a journal: nobody else writes or seals it meanwhile. Waits for an owner to finish."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_being_written(path: Path) -> bool:
    """A living process writes or seals the journal."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
