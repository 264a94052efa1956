"""Reading a journal back, also one that ends in the middle of a record or has a damaged spot.

Every record with a correct CRC is found; a damaged one is skipped and counted. Does not know what
payloads mean, besides the header.
"""

from __future__ import annotations

import mmap
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from recordings.closing import Closing
from recordings.errors import UnreadableJournal
from recordings.header import EpisodeHeader
from recordings.journal import CRC, HEAD, HEAD_BYTES, MAGIC, MAX_PAYLOAD_BYTES, Kind

_HEADER_LIMIT_BYTES = 256 * 1024  # a robot description has a few kB
_MAGIC_BYTES = MAGIC.to_bytes(4, "little")


class Record(NamedTuple):
    """Where a record lies in its journal."""

    kind: int
    stream: int
    t_ns: int
    ring_index: int
    seq: int
    start: int  # byte offset of the payload
    length: int  # bytes


@dataclass(frozen=True, slots=True)
class Scan:
    """All complete records of a journal, in the order they were written."""

    records: list[Record]
    damaged: int  # places where bytes had to be skipped, not counting an unfinished end
    unfinished_bytes: int  # at the end: a record that was being written


class Journal(Closing):
    """An open journal. Close it, or use it as a context manager."""

    def __init__(self, path: Path) -> None:
        """Map and scan ``path``.

        Raises:
            UnreadableJournal: when it does not begin with a complete header.
            OSError: when the file cannot be opened.
        """
        self.path = path
        with path.open("rb") as file:
            self.size = path.stat().st_size
            if self.size == 0:
                raise UnreadableJournal(path, found="it is empty")
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            self.scan = scan_records(self._bytes)
            self.header = self._read_header()
        except UnreadableJournal:
            self.close()
            raise

    def payload(self, record: Record) -> bytes:
        """The bytes of a record."""
        return self._bytes[record.start : record.start + record.length]

    def of_kind(self, kind: Kind, *, stream: int | None = None) -> Iterator[Record]:
        """Records of one kind (and stream), in order."""
        return (
            record
            for record in self.scan.records
            if record.kind == kind and stream in (None, record.stream)
        )

    def close(self) -> None:
        self._bytes.close()

    def _read_header(self) -> EpisodeHeader:
        first = next(self.of_kind(Kind.HEADER), None)
        if first is None:
            raise UnreadableJournal(self.path, found="its header is missing or damaged")
        return _parse_header(self.payload(first), path=self.path)


def read_journal_header(path: Path) -> EpisodeHeader:
    """Only the header, without looking at the rest.

    Raises:
        UnreadableJournal, OSError
    """
    with path.open("rb") as file:
        data = file.read(_HEADER_LIMIT_BYTES)
    record = _record_at(data, 0, size=len(data))
    if record is None or record.kind != Kind.HEADER:
        raise UnreadableJournal(path, found="its header is missing or damaged")
    return _parse_header(data[record.start : record.start + record.length], path=path)


def scan_records(data: bytes | mmap.mmap) -> Scan:
    """Find every complete record in ``data``."""
    records: list[Record] = []
    damaged = 0
    at, size = 0, len(data)
    while at < size:
        record = _record_at(data, at, size=size)
        if record is not None:
            records.append(record)
            at = record.start + record.length
            continue
        following = _next_record(data, at + 1, size=size)
        if following is None:
            return Scan(records, damaged=damaged, unfinished_bytes=size - at)
        damaged += 1
        at = following
    return Scan(records, damaged=damaged, unfinished_bytes=0)


def _parse_header(data: bytes, *, path: Path) -> EpisodeHeader:
    try:
        return EpisodeHeader.from_bytes(data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableJournal(path, found=f"its header says {error}") from error


def _record_at(data: bytes | mmap.mmap, at: int, *, size: int) -> Record | None:
    start = at + HEAD_BYTES
    if start > size:
        return None
    head = data[at : at + HEAD.size]
    magic, kind, stream, length, t_ns, index, seq = HEAD.unpack(head)
    if magic != MAGIC or length > MAX_PAYLOAD_BYTES or start + length > size:
        return None
    (crc,) = CRC.unpack(data[at + HEAD.size : start])
    if zlib.crc32(data[start : start + length], zlib.crc32(head)) != crc:
        return None
    return Record(kind, stream, t_ns, index, seq, start, length)


def _next_record(data: bytes | mmap.mmap, at: int, *, size: int) -> int | None:
    while (at := data.find(_MAGIC_BYTES, at)) >= 0:
        if _record_at(data, at, size=size) is not None:
            return at
        at += 1
    return None
