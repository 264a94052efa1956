"""Depth before action: the answer a Think policy writes between looking and planning.

Puts together the prompt's continuation, the memory of the last look and the depth tokenizer that
turns codes into a picture. Knows no robot units. Not thread-safe: one caller at a time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from model.continuation import Continuation
from model.depth_answer import I16, write_depth
from model.depth_memory import DepthMemory, kept_of, updated_cells
from model.depth_tokenizer import DepthTokenizer
from model.errors import ConfigInvalid, DepthUnavailable
from model.network import MolmoAct2
from recordings.types import F32, U8, DepthTrace
from recordings.wire import DepthWish


@dataclass(frozen=True, slots=True)
class Moment:
    """The main picture a depth answer is about, and when it was taken."""

    image: U8  # (h, w, 3)
    t_ns: int
    epoch: int


class Thinker:
    """Writes depth answers for one network."""

    def __init__(self, network: MolmoAct2, *, pictures: DepthTokenizer | None, policy: str) -> None:
        config = network.config
        self._config = config
        self._pictures = pictures
        self._policy = policy
        self._memory = DepthMemory()
        if pictures is not None and config.enable_depth_reasoning:
            _check_fits(
                pictures, codes=config.tokens.num_depth_tokens, cells=config.num_depth_codes
            )

    @property
    def able(self) -> bool:
        """The checkpoint reasons about depth."""
        return self._config.enable_depth_reasoning

    @property
    def draws(self) -> bool:
        """Codes become a picture."""
        return self.able and self._pictures is not None

    def settle(self, wish: DepthWish) -> DepthWish:
        """What a wish comes to with this checkpoint: never AUTO.

        Raises:
            DepthUnavailable: depth is asked of a checkpoint without it.
        """
        if wish is DepthWish.AUTO:
            return DepthWish.ADAPTIVE if self.able else DepthWish.OFF
        if wish is not DepthWish.OFF and not self.able:
            raise DepthUnavailable(self._policy)
        return wish

    def think(self, answer: Continuation, moment: Moment, *, wish: DepthWish) -> DepthTrace:
        """Write the depth answer behind a prompt.

        Args:
            answer: the prompt, ending in the depth trigger.
            moment: the main picture.
            wish: ADAPTIVE keeps codes of unchanged cells, FULL predicts every cell.

        Raises:
            ReasoningFailed: the network did not end its answer.
        """
        began = time.perf_counter()
        image, when = moment.image, {"t_ns": moment.t_ns, "epoch": moment.epoch}
        look = self._memory.before(image, **when) if wish is DepthWish.ADAPTIVE else None
        kept = kept_of(look, image)
        codes = write_depth(answer, self._config, kept=kept)
        took_ms = (time.perf_counter() - began) * 1e3
        self._memory.remember(image, codes, **when, built_on=look)
        updated = updated_cells(kept, codes)
        return DepthTrace(
            codes=codes.reshape(updated.shape),
            updated=updated,
            took_ms=took_ms,
            relative_depth=self._drawn(codes.reshape(updated.shape)),
        )

    def _drawn(self, codes: I16) -> F32 | None:
        if self._pictures is None:
            return None
        return np.ascontiguousarray(self._pictures.relative_depth(codes), np.float32)


def _check_fits(pictures: DepthTokenizer, *, codes: int, cells: int) -> None:
    sizes = pictures.sizes
    if (sizes.codes, sizes.grid**2) != (codes, cells):
        raise ConfigInvalid(
            "depth tokenizer",
            f"{sizes.codes} codes on {sizes.grid} × {sizes.grid} cells",
            expected=f"{codes} codes on {cells} cells, as the checkpoint's depth tokens",
        )
