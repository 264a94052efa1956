"""A walk ends with a sentence whatever goes wrong: one that never ended would hang its caller."""

from __future__ import annotations

import pytest

from studio.walk import Wait, Walk


def broken() -> bool:
    raise AttributeError("no such card")


def ended(qtbot, script) -> str:
    walk = Walk(script)
    with qtbot.waitSignal(walk.ended, timeout=10_000) as said:
        walk.start()
    return said.args[0]


def test_it_ends_after_its_last_step(qtbot):
    assert ended(qtbot, iter([Wait("nothing", lambda: True)])) == ""


def test_it_says_which_wait_took_too_long(qtbot):
    never = Wait("the arm", lambda: False, timeout_s=0.0)
    assert ended(qtbot, iter([never])) == "waited 0 s for the arm"


@pytest.mark.parametrize("where", ["a wait", "the script"])
def test_what_breaks_ends_it(qtbot, where):
    def script():
        if where == "the script":
            broken()
        yield Wait("a card", broken)

    with qtbot.captureExceptions() as raised:
        assert ended(qtbot, script()) == "AttributeError: no such card"
    assert raised[0][0] is AttributeError
