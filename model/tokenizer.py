"""Text to token ids and back, from a ``tokenizer.json``; and the small tokenizer of tiny networks.

Uses the ``tokenizers`` library alone. Knows no prompt format and no network.
"""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer


class PromptTokenizer:
    """A loaded ``tokenizer.json``."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    @classmethod
    def load(cls, path: Path) -> PromptTokenizer:
        """Read ``tokenizer.json``."""
        raise NotImplementedError

    def encode(self, text: str) -> list[int]:
        """Token ids; special tokens in the text become their ids, nothing is added."""
        raise NotImplementedError

    def decode(self, ids: list[int]) -> str:
        """Text of ids, special tokens included."""
        raise NotImplementedError

    def id(self, token: str) -> int:
        """Id of one token."""
        raise NotImplementedError
