"""Who drives: the state machine of authority, with a reason in words for every change.

It grants and refuses; it moves nothing and knows no arm, no plan and no clock of its own.
"""

from __future__ import annotations

from devices.commands import AuthorityChanged
from devices.errors import NotAllowed
from recordings.types import Authority

STOPPED = "STOP was pressed"
TAKEN_OVER = "You took over"
HANDED_BACK = "You handed over to the policy"


class AuthorityMachine:
    """HOLD ⇄ LEADER ⇄ POLICY ⇄ HOLD; STOP and every fault → HOLD.

    ``stopped`` latches: only :meth:`release_stop` ends it, and the arm still holds afterwards.
    ``epoch`` grows whenever plans made so far must not run any more: hand-back, STOP, fault, task
    or scene change.
    """

    def __init__(self) -> None:
        self._authority = Authority.HOLD
        self._stopped = False
        self._epoch = 0
        self._changes: list[AuthorityChanged] = []

    @property
    def authority(self) -> Authority:
        return self._authority

    @property
    def stopped(self) -> bool:
        return self._stopped

    @property
    def epoch(self) -> int:
        return self._epoch

    def drain(self) -> list[AuthorityChanged]:
        """Changes since the last call, oldest first."""
        changes, self._changes = self._changes, []
        return changes

    def new_epoch(self) -> None:
        """Make every plan made so far a thing of the past."""
        self._epoch += 1

    def hold(self, reason: str, *, now_ns: int) -> bool:
        """HOLD from any state; True when somebody else drove until now."""
        return self._become(Authority.HOLD, reason, now_ns)

    def stop(self, *, now_ns: int) -> None:
        """HOLD and stay there until released."""
        changed = self._become(Authority.HOLD, STOPPED, now_ns)
        if not changed and not self._stopped:
            self._changes.append(AuthorityChanged(Authority.HOLD, now_ns, STOPPED))
            self._epoch += 1
        self._stopped = True

    def release_stop(self) -> None:
        self._stopped = False

    def take_over(self, *, now_ns: int) -> None:
        """LEADER from any state that is not stopped.

        Raises:
            NotAllowed: while stopped.
        """
        self._refuse_while_stopped("Taking over")
        self._become(Authority.LEADER, TAKEN_OVER, now_ns)

    def hand_over(self, *, now_ns: int) -> None:
        """POLICY from any state that is not stopped; always a new epoch.

        Raises:
            NotAllowed: while stopped.
        """
        self._refuse_while_stopped("Handing over")
        if not self._become(Authority.POLICY, HANDED_BACK, now_ns):
            self._epoch += 1

    def _refuse_while_stopped(self, what: str) -> None:
        if self._stopped:
            raise NotAllowed(what, reason=STOPPED, hint="Release STOP first.")

    def _become(self, authority: Authority, reason: str, now_ns: int) -> bool:
        if authority is self._authority:
            return False
        self._authority = authority
        self._epoch += 1
        self._changes.append(AuthorityChanged(authority, now_ns, reason))
        return True
