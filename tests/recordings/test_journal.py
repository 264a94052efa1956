"""Laws of the journal: what was appended comes back, whatever happens to the end of the file."""

import errno
import fcntl
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recordings.errors import UnreadableJournal
from recordings.header import EpisodeHeader, new_header
from recordings.journal import HEAD_BYTES, JournalWriter, Kind, is_being_written
from recordings.journal_reader import Journal, read_journal_header, scan_records
from recordings.library import recover_journal
from recordings.types import RobotSpec


@pytest.fixture(scope="module")
def header(robot: RobotSpec) -> EpisodeHeader:
    return new_header("put the red cube in the tray", robot=robot)


def write(path: Path, header: EpisodeHeader, payloads: list[bytes]) -> bytes:
    writer = JournalWriter(path, header=header)
    for number, payload in enumerate(payloads):
        writer.append(Kind.JPEG, payload, t_ns=number, stream=number % 3, index=number, seq=-1)
    writer.close()
    return path.read_bytes()


@pytest.fixture(scope="module")
def recorded(header: EpisodeHeader, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    payloads = [bytes([n]) * (n * 7 % 40) for n in range(12)]
    return write(tmp_path_factory.mktemp("j") / "a.journal", header, payloads)


@given(payloads=st.lists(st.binary(max_size=300), max_size=10))
@settings(max_examples=30, deadline=None)
def test_records_come_back_in_order(
    header: EpisodeHeader, tmp_path_factory: pytest.TempPathFactory, payloads: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("j") / "a.journal"
    write(path, header, payloads)
    with Journal(path) as journal:
        found = list(journal.of_kind(Kind.JPEG))
        assert [journal.payload(record) for record in found] == payloads
        assert [record.t_ns for record in found] == list(range(len(payloads)))
        assert (journal.header, journal.scan.damaged) == (header, 0)


def test_cut_at_any_byte_every_complete_record_before_is_there(recorded: bytes) -> None:
    whole = scan_records(recorded).records
    for size in range(len(recorded) + 1):
        scan = scan_records(recorded[:size])
        complete = [record for record in whole if record.start + record.length <= size]
        end = complete[-1].start + complete[-1].length if complete else 0
        assert scan.records == complete
        assert (scan.damaged, scan.unfinished_bytes) == (0, size - end)


@given(data=st.data())
@settings(max_examples=300)
def test_one_flipped_bit_costs_its_record_only_and_is_noticed(
    recorded: bytes, data: st.DataObject
) -> None:
    bit = data.draw(st.integers(0, 8 * len(recorded) - 1))
    damaged = bytearray(recorded)
    damaged[bit // 8] ^= 1 << bit % 8
    whole = scan_records(recorded).records
    hit = next(r for r in whole if r.start - HEAD_BYTES <= bit // 8 < r.start + r.length)
    scan = scan_records(bytes(damaged))
    assert scan.records == [record for record in whole if record != hit]
    assert scan.damaged == 1 or scan.unfinished_bytes > 0


@given(garbage=st.binary(max_size=200))
def test_garbage_is_never_taken_for_a_record(garbage: bytes) -> None:
    assert scan_records(garbage).records == []


def test_an_empty_journal_and_one_without_header_say_so(tmp_path: Path, recorded: bytes) -> None:
    empty, headless = tmp_path / "e.journal", tmp_path / "h.journal"
    empty.touch()
    first = scan_records(recorded).records[0]
    headless.write_bytes(recorded[first.start + first.length :])
    with pytest.raises(UnreadableJournal, match=r"e\.journal cannot be recovered: it is empty"):
        Journal(empty)
    with pytest.raises(UnreadableJournal, match="header is missing"):
        Journal(headless)


def test_a_journal_of_a_newer_version_says_so_and_stays(
    tmp_path: Path, header: EpisodeHeader
) -> None:
    path = tmp_path / "n.journal"
    known = EpisodeHeader.to_bytes
    newer = known(header).replace(b"foresight-journal/1", b"foresight-journal/9")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EpisodeHeader, "to_bytes", lambda _: newer)
        write(path, header, [b"x"])
    before = path.read_bytes()
    assert "schema 'foresight-journal/9', this version reads" in recover_journal(path).problem
    assert path.read_bytes() == before


def test_the_header_alone_can_be_read_without_the_rest(
    tmp_path: Path, header: EpisodeHeader, recorded: bytes
) -> None:
    path = tmp_path / "a.journal"
    path.write_bytes(recorded)
    assert read_journal_header(path) == header


def test_a_journal_is_locked_while_its_writer_lives(tmp_path: Path, header: EpisodeHeader) -> None:
    path = tmp_path / "a.journal"
    writer = JournalWriter(path, header=header)
    assert is_being_written(path)
    writer.close()
    assert not is_being_written(path)


def test_an_existing_journal_is_never_overwritten(tmp_path: Path, header: EpisodeHeader) -> None:
    path = tmp_path / "a.journal"
    before = write(path, header, [b"precious"])
    with pytest.raises(FileExistsError):
        JournalWriter(path, header=header)
    assert path.read_bytes() == before


def test_a_record_that_does_not_fit_leaves_no_half_of_it(
    tmp_path: Path, header: EpisodeHeader, small_files: int
) -> None:
    writer = JournalWriter(tmp_path / "a.journal", header=header)
    fitting = (small_files - writer.bytes_written) // (HEAD_BYTES + 3000)
    for _ in range(fitting):
        writer.append(Kind.JPEG, bytes(3000), t_ns=0)
    with pytest.raises(OSError, match="File too large") as caught:
        writer.append(Kind.JPEG, bytes(3000), t_ns=0)
    writer.close()
    with Journal(writer.path) as journal:
        assert len(list(journal.of_kind(Kind.JPEG))) == fitting
        assert journal.scan.unfinished_bytes == 0
    assert caught.value.errno == errno.EFBIG


def test_the_lock_of_a_reader_in_passing_does_not_disturb_a_new_writer(
    tmp_path: Path, header: EpisodeHeader
) -> None:
    path = tmp_path / "a.journal"
    write(path, header, [])
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    assert not is_being_written(path)
    os.close(descriptor)
