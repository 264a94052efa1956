"""Action chunks as tokens and back, the way of FAST: cosine transform, rounding, byte pairs.

A normalised chunk is transformed along time, scaled, rounded to whole numbers and written as text
of one character per number, which a byte-pair tokenizer shortens. Knows no prompt and no network.

Source: Pertsch et al., FAST: Efficient Action Tokenization for Vision-Language-Action Models
(2025); file layout of the released MolmoAct2-FAST-Tokenizer.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from model.errors import CheckpointUnreadable
from recordings.types import F32

FOLDER = "action_tokenizer"  # within a checkpoint
SETTINGS_FILE = "processor_config.json"
TOKENIZER_FILE = "tokenizer.json"
LAST_CHARACTER = 0x10FFFF


@dataclass(frozen=True, slots=True)
class ActionTokenizer:
    """A loaded action tokenizer."""

    library: Tokenizer
    scale: float  # of the cosine coefficients before rounding
    lowest: int  # the whole number that becomes character 0

    @classmethod
    def load(cls, folder: Path) -> ActionTokenizer:
        """Read ``tokenizer.json`` and ``processor_config.json``.

        Raises:
            CheckpointUnreadable: one of them is missing or not what it should be.
        """
        path = folder / SETTINGS_FILE
        try:
            settings = json.loads(path.read_text(encoding="utf-8"))
            scale, lowest = float(settings["scale"]), int(settings["min_token"])
            path = folder / TOKENIZER_FILE
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise CheckpointUnreadable(path, reason=error.strerror or "cannot open") from error
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointUnreadable(path, reason=f"no action tokenizer: {error}") from error
        try:
            return cls(Tokenizer.from_str(text), scale, lowest)
        except Exception as error:  # the library raises no narrower class
            raise CheckpointUnreadable(path, reason=f"no tokenizer: {error}") from error

    def encode(self, chunk: F32) -> list[int]:
        """(H, n) normalised actions → action token numbers (0 is ``<action_0>``)."""
        coefficients = np.rint(_cosines(len(chunk)) @ np.asarray(chunk, np.float64) * self.scale)
        values = np.clip(coefficients.astype(np.int64) - self.lowest, 0, LAST_CHARACTER)
        text = "".join(map(chr, values.flatten()))
        return self.library.encode(text, add_special_tokens=False).ids

    def decode(self, tokens: Sequence[int], *, rows: int, columns: int) -> F32 | None:
        """Inverse of :meth:`encode`, up to rounding.

        Args:
            tokens: action token numbers.
            rows: H of the chunk that was encoded.
            columns: n of it.

        Returns:
            (H, n) normalised; None when the tokens do not make a chunk of that size.
        """
        text = self.library.decode(list(tokens), skip_special_tokens=False)
        values = np.array([ord(character) for character in text], np.float64) + self.lowest
        if len(values) != rows * columns:
            return None
        coefficients = values.reshape(rows, columns) / self.scale
        return (_cosines(rows).T @ coefficients).astype(np.float32)


@functools.lru_cache(maxsize=16)
def _cosines(rows: int) -> npt.NDArray[np.float64]:
    """(rows, rows) orthonormal DCT-II; its transpose is its inverse."""
    k, t = np.arange(rows)[:, None], np.arange(rows)[None, :]
    matrix = np.cos(np.pi * k * (2 * t + 1) / (2 * rows)) * np.sqrt(2 / rows)
    matrix[0] /= np.sqrt(2)
    return matrix
