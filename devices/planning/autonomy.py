"""How much a policy may do before a person agrees: one pure decision per proposed plan.

Ask each → ask first → veto → auto. Whatever the gear, a plan whose checks failed never runs. Knows
no clock, no arm and no window.
"""

from __future__ import annotations

import enum

from recordings.types import Autonomy


class Decision(enum.Enum):
    """What to do with the newest proposal."""

    RUN = "run"
    WAIT_FOR_PERSON = "wait for a person"
    WAIT_FOR_VETO = "wait whether a person refuses"


def decide(autonomy: Autonomy, *, under_way: bool, shown_s: float, veto_s: float) -> Decision:
    """Whether a proposal that nobody approved yet may run.

    Args:
        autonomy: the gear.
        under_way: a plan of this hand-over was agreed to and has not been interrupted since.
        shown_s: for how long proposals of this hand-over have been shown, s.
        veto_s: how long a person has to refuse.
    """
    if autonomy is Autonomy.AUTO:
        return Decision.RUN
    if autonomy is Autonomy.ASK_EACH:
        return Decision.WAIT_FOR_PERSON
    if under_way:
        return Decision.RUN
    if autonomy is Autonomy.ASK_FIRST:
        return Decision.WAIT_FOR_PERSON
    return Decision.RUN if shown_s >= veto_s else Decision.WAIT_FOR_VETO
