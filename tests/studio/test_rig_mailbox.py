"""The rig's end of the pipe: whatever the studio does, the control loop never waits."""

from __future__ import annotations

import multiprocessing
import threading

import pytest

from devices.commands import AuthorityChanged, Connect, PlanDropped
from recordings.rig_status import RigStatus
from recordings.types import Authority
from studio.rig_mailbox import BACKLOG, RigMailbox


@pytest.fixture
def pipe():
    ours, theirs = multiprocessing.Pipe()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_posting_returns_at_once_although_nobody_reads(pipe):
    ours, theirs = pipe
    mailbox = RigMailbox(theirs, on_orphaned=lambda: None)
    mailbox.start()
    posting = threading.Thread(
        target=lambda: [mailbox.post(PlanDropped(n, "x" * 1000)) for n in range(1500)]
    )
    posting.start()
    posting.join(30.0)
    finished = not posting.is_alive()
    ours.close()
    mailbox.close(30.0)
    assert finished


def test_a_slow_studio_misses_snapshots_but_no_facts(pipe):
    ours, theirs = pipe
    mailbox = RigMailbox(theirs, on_orphaned=lambda: None)
    for number in range(300):
        mailbox.post(RigStatus(epoch=number))
    mailbox.post(AuthorityChanged(Authority.HOLD, 0, "a fact"))
    mailbox.start()
    mailbox.close(30.0)
    received = []
    while ours.poll():
        received.append(ours.recv())
    ours.close()
    assert isinstance(received[-1], AuthorityChanged)
    assert len(received) == BACKLOG + 1


def test_commands_arrive_in_order(pipe):
    ours, theirs = pipe
    orphaned = threading.Event()
    mailbox = RigMailbox(theirs, on_orphaned=orphaned.set)
    ours.send(Connect())
    ours.send(PlanDropped(1, ""))
    ours.close()
    mailbox.start()
    assert orphaned.wait(30.0)
    assert [type(mailbox.next_command()) for _ in range(3)] == [Connect, PlanDropped, type(None)]
    mailbox.close(1.0)
