"""Which examples a batch holds: every one once per epoch, or a set share of corrections.

Everything depends on nothing but its arguments, so a resumed run sees the batches it would have
seen. Knows no pictures and no tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordings.windows.sources import Source

I64 = npt.NDArray[np.int64]
DEMONSTRATIONS_PER_AUTONOMOUS = 2.0  # what corrections leave over is shared 2 : 1


@dataclass(frozen=True, slots=True)
class Mix:
    """The rows a run may draw, by where they come from."""

    rows: Mapping[Source, I64]  # none empty
    weight: Mapping[Source, float]  # sums to 1, same keys

    @classmethod
    def of(cls, rows: I64, source: I64, *, corrections_share: float) -> Mix:
        """A mix of ``rows``; what a policy did right before a person stepped in is left out.

        Args:
            rows: (m,) the training rows.
            source: (all,) a :class:`Source` per row of the dataset.
            corrections_share: 0 … 1 of every batch, when there are corrections; the rest is
                shared by demonstrations and what a policy did well, two to one.
        """
        rest = 1.0 - corrections_share
        autonomous = rest / (1.0 + DEMONSTRATIONS_PER_AUTONOMOUS)
        wanted = {
            Source.DEMONSTRATION: rest - autonomous,
            Source.CORRECTION: corrections_share,
            Source.AUTONOMOUS: autonomous,
        }
        found = {kind: rows[source[rows] == kind] for kind in wanted}
        found = {kind: some for kind, some in found.items() if len(some) and wanted[kind] > 0}
        total = sum(wanted[kind] for kind in found)
        return cls(found, {kind: wanted[kind] / total for kind in found})

    def draw(self, *, batch_size: int, step: int, seed: int) -> I64:
        """(batch_size,) rows of batch number ``step``, kinds in their shares, drawn anew."""
        rng = np.random.default_rng((seed, step))
        kinds = list(self.rows)
        ends = np.cumsum([self.weight[kind] for kind in kinds])
        # evenly spaced points with one random offset: shares hold in every batch, not on average
        at = (np.arange(batch_size) + rng.random()) / batch_size
        counts = np.bincount(np.searchsorted(ends[:-1], at, side="right"), minlength=len(kinds))
        drawn = [rng.choice(self.rows[kind], n) for kind, n in zip(kinds, counts, strict=True)]
        return rng.permutation(np.concatenate(drawn))


def shuffled_rows(rows: I64, *, batch_size: int, step: int, seed: int) -> I64:
    """Rows of batch number ``step`` (0, 1, …): each epoch is a new order of all rows."""
    positions = step * batch_size + np.arange(batch_size)
    epochs, within = np.divmod(positions, len(rows))
    orders = {int(e): np.random.default_rng((seed, int(e))).permutation(rows) for e in set(epochs)}
    return np.array([orders[int(e)][w] for e, w in zip(epochs, within, strict=True)])
