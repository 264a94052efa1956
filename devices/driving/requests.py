"""When the next plan is asked for, and what the request says.

While a plan runs: every ``replan_s``, with what will really be executed as prefix. While the arm
rests: a fresh one now and then, so that what a person is shown is never stale; without prefix and
delay, because the motion clock stands still. One request is under way at a time. Knows no network.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from devices.planning.planner import Inquiry, Planner
from devices.planning.player import Player, PlayerState
from devices.planning.proposals import Asked
from devices.rig_settings import RigSettings
from recordings.types import Observation, frozen_f32
from recordings.wire import PlanRequest, ServerHello

_NS = 1e9

Look = Callable[[], Observation | None]
"""What the policy would see now; None while pictures are stale."""


class Requests:
    """Request numbers, and how things stood when each was made."""

    def __init__(self, settings: RigSettings) -> None:
        self._settings = settings
        self._number = 0
        self._open: int | None = None
        self._asked: dict[int, Asked] = {}
        self._due_ns = 0

    @property
    def under_way(self) -> bool:
        return self._open is not None

    def settle(self, plan_id: int, *, now_ns: int, pause_s: float) -> Asked | None:
        """An answer came: how things stood at its request. The next is due after ``pause_s``."""
        if plan_id == self._open:
            self._open = None
            self._due_ns = max(self._due_ns, round(now_ns + pause_s * _NS))
        return self._asked.pop(plan_id, None)

    def forget(self, *, now_ns: int) -> None:
        """No answer is awaited any more; the next request may be made at once."""
        self._open = None
        self._asked.clear()
        self._due_ns = now_ns

    def hurry(self, *, now_ns: int) -> None:
        """The next request may be made at once."""
        self._due_ns = now_ns

    def make(
        self,
        look: Look,
        *,
        player: Player,
        q: npt.ArrayLike,
        planner: Planner,
        hello: ServerHello,
        epoch: int,
        now_ns: int,
    ) -> Inquiry | None:
        """The next inquiry when one is due, else None."""
        if self._open is not None or now_ns < self._due_ns:
            return None
        observation = look()
        if observation is None:
            return None
        self._number += 1
        prefix = player.upcoming(dt_s=hello.dt_s)
        delay = 0
        if prefix is not None:
            delay_s = max(planner.delay_s, self._settings.min_delay_s)
            delay = min(math.ceil(delay_s / hello.dt_s), len(prefix) - 1)
        command = frozen_f32(np.asarray(q))
        self._open = self._number
        self._asked[self._number] = Asked(epoch=epoch, clock_s=player.clock_s, q=command)
        if player.state is PlayerState.RUNNING:
            self._due_ns = round(now_ns + self._settings.replan_s * _NS)
        request = PlanRequest(
            observation=observation,
            epoch=epoch,
            plan_id=self._number,
            prefix=prefix,
            prefix_dt_s=hello.dt_s,
            delay_steps=delay,
            num_samples=self._settings.num_samples,
            seed=self._number,
        )
        return Inquiry(request, start_q=command if prefix is None else prefix[delay])
