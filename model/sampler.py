"""From an encoded prompt to normalised action chunks: think, then draw or write.

The one order of things: read the prompt once, write the depth answer where the checkpoint has one,
then either draw K chunks from the action expert in one batch or, without an expert, write one chunk
as tokens. A running plan enters as guidance, or as committed rows where training simulated such
delays. Keeps what is the same for every plan (shifts of the flow steps). Knows no robot units.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import torch

from model.action_tokens import ActionTokenizer
from model.continuation import Continuation
from model.discrete import speaks_actions, write_actions
from model.errors import CheckpointUnreadable
from model.expert import Modulation
from model.flow import Committed
from model.inputs import ModelInputs
from model.network import MolmoAct2
from model.rtc import PrefixGuidance
from model.thinking import Moment, Thinker
from recordings.types import DepthTrace
from recordings.wire import DepthWish


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to draw."""

    noise: torch.Tensor  # (1, K, H, D)
    action_dim_is_pad: torch.Tensor  # (1, D) bool
    moment: Moment
    depth: DepthWish  # settled, never AUTO
    running: PrefixGuidance | None  # the plan that goes on meanwhile
    delay: int = 0  # rows of it that are past when the new plan arrives

    def to(self, device: torch.device) -> Wanted:
        """The same on another device."""
        return replace(
            self,
            noise=self.noise.to(device),
            action_dim_is_pad=self.action_dim_is_pad.to(device),
            running=None if self.running is None else self.running.to(device),
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came out."""

    chunks: torch.Tensor  # (K, H, D), or (1, H, columns in use) when written as tokens
    trace: DepthTrace | None
    stages_s: dict[str, float]


class Sampler:
    """Draws chunks from one network."""

    def __init__(
        self, network: MolmoAct2, thinker: Thinker, *, actions: ActionTokenizer | None
    ) -> None:
        """Get ready.

        Raises:
            CheckpointUnreadable: actions are written as tokens and nothing can read them.
        """
        self._network = network
        self._thinker = thinker
        self._actions = actions
        self._shifts: dict[tuple[int, int], Modulation] = {}
        if self.writes and actions is None:
            raise CheckpointUnreadable(
                "action_tokenizer",
                reason="this checkpoint writes its actions as tokens and has no folder "
                "action_tokenizer with tokenizer.json and processor_config.json",
            )

    @property
    def writes(self) -> bool:
        """Actions are written as tokens: one chunk per plan, no guidance."""
        return speaks_actions(self._network.config)

    def draw(self, inputs: ModelInputs, wanted: Wanted) -> Drawn:
        """Chunks for one prompt (B = 1).

        Raises:
            ReasoningFailed: an answer in tokens makes no sense.
        """
        device = self._network.backbone.device
        inputs, wanted = inputs.to(device), wanted.to(device)
        clock = _Stages(device)
        seen = self._network.look(inputs)
        clock.lap("vision")
        answer = Continuation(self._network, seen)
        clock.lap("prefill")
        trace = None
        if wanted.depth is not DepthWish.OFF:
            trace = self._thinker.think(answer, wanted.moment, wish=wanted.depth)
            clock.lap("depth")
        chunks = self._written(answer, wanted) if self.writes else self._flow(answer, wanted)
        clock.lap("flow")
        return Drawn(chunks, trace, clock.seconds)

    def _flow(self, answer: Continuation, wanted: Wanted) -> torch.Tensor:
        network, running = self._network, wanted.running
        committed = self._committed(wanted)
        return network.sample_from(
            network.expert_context(answer.context()),
            wanted.noise,
            action_dim_is_pad=wanted.action_dim_is_pad,
            guidance=running if committed is None else None,
            committed=committed,
            modulation=self._modulation(wanted.noise.shape[2], committed),
        )[0]

    def _committed(self, wanted: Wanted) -> Committed | None:
        """The rows to commit, when training knew such a delay; else they are guided."""
        running, longest = wanted.running, self._network.config.foresight.committed_rows
        if running is None or not 1 <= wanted.delay <= min(longest, running.known):
            return None
        return Committed(running.target[: wanted.delay])

    def _modulation(self, rows: int, committed: Committed | None) -> Modulation:
        """The same for every plan with so many rows committed: computed once."""
        delay = 0 if committed is None else committed.delay
        if (rows, delay) not in self._shifts:
            steps = self._network.config.flow_matching_num_steps
            made = self._network.modulation_for(steps, rows=rows, committed=delay)
            self._shifts[rows, delay] = made
        return self._shifts[rows, delay]

    def _written(self, answer: Continuation, wanted: Wanted) -> torch.Tensor:
        assert self._actions is not None
        return write_actions(
            answer,
            self._network.config,
            self._actions,
            rows=wanted.noise.shape[2],
            columns=int((~wanted.action_dim_is_pad).sum()),
        )[0]


class _Stages:
    """A stopwatch with laps."""

    def __init__(self, device: torch.device) -> None:
        self.seconds: dict[str, float] = {}
        self._device = device
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        if self._device.type == "cuda":  # else only the orders would be timed
            torch.cuda.synchronize(self._device)
        now = time.perf_counter()
        self.seconds[name], self._last = now - self._last, now
