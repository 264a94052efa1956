"""Text to token ids and back, from a ``tokenizer.json``; and the small tokenizer of tiny networks.

Uses the ``tokenizers`` library alone. Knows no prompt format and no network.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from model.errors import CheckpointUnreadable, ConfigInvalid

_BRACKETED = re.compile(r"(<[^<>\s]+>)")
_REMEMBERED = 4096  # pieces of text between special tokens; prompts repeat the same few


class PromptTokenizer:
    """A loaded ``tokenizer.json``. Remembers the pieces it has seen: prompts differ in little."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.library = tokenizer
        added = tokenizer.get_added_tokens_decoder().items()
        self._special = {token.content: i for i, token in added if token.special}
        self._plain = functools.lru_cache(_REMEMBERED)(self._encode_plain)

    @classmethod
    def load(cls, path: Path) -> PromptTokenizer:
        """Read ``tokenizer.json``.

        Raises:
            CheckpointUnreadable: missing or no tokenizer.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise CheckpointUnreadable(path, reason=error.strerror or "cannot open") from error
        return cls.from_json(text, source=str(path))

    @classmethod
    def from_json(cls, text: str, *, source: str = "tokenizer") -> PromptTokenizer:
        """From the content of a ``tokenizer.json``."""
        try:
            return cls(Tokenizer.from_str(text))
        except Exception as error:
            raise CheckpointUnreadable(source, reason=f"no tokenizer: {error}") from error

    def to_json(self) -> str:
        """The content of a ``tokenizer.json``."""
        return self.library.to_str(pretty=True)

    @property
    def size(self) -> int:
        """One more than the highest id."""
        return max(self.library.get_vocab(with_added_tokens=True).values()) + 1

    def encode(self, text: str) -> list[int]:
        """Token ids; special tokens in the text become their ids, nothing is added."""
        ids: list[int] = []
        waiting = ""
        for piece in _BRACKETED.split(text):
            special = self._special.get(piece)
            if special is None:
                waiting += piece
                continue
            ids += self._plain(waiting)
            ids.append(special)
            waiting = ""
        return ids + list(self._plain(waiting))

    def _encode_plain(self, text: str) -> tuple[int, ...]:
        return tuple(self.library.encode(text, add_special_tokens=False).ids) if text else ()

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, special tokens included."""
        return self.library.decode(list(ids), skip_special_tokens=False)

    def id(self, token: str) -> int:
        """Id of one token.

        Raises:
            ConfigInvalid: the tokenizer does not have it.
        """
        found = self.library.token_to_id(token)
        if found is None:
            raise ConfigInvalid(f"token {token}", "missing", expected="part of tokenizer.json")
        return found


def train_small(
    sentences: Iterable[str],
    *,
    phrases: Sequence[str],
    special: Sequence[str],
    image: Sequence[str],
    words: int,
    vocab_size: int,
) -> PromptTokenizer:
    """A byte-level BPE tokenizer for tiny networks; the same input gives the same tokenizer.

    Args:
        sentences: text to learn words from.
        phrases: fixed pieces of prompts that become one token each.
        special: control tokens in id order, behind words and phrases.
        image: image tokens; they start at ``vocab_size``, as in released checkpoints.
        words: size of the learned vocabulary, bytes included.
        vocab_size: ids below this have an output row; the gap is filled with unused tokens.

    Raises:
        ConfigInvalid: the pieces do not fit into ``vocab_size``.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=words,
        show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(list(sentences), trainer)
    if tokenizer.get_vocab_size() != words:
        learned = tokenizer.get_vocab_size()
        raise ConfigInvalid("words", words, expected=f"at most {learned}, all the text has")
    tokenizer.add_tokens([AddedToken(p, normalized=False) for p in phrases])
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in special])
    gap = vocab_size - tokenizer.get_vocab_size()
    if gap < 0:
        raise ConfigInvalid("vocab_size", vocab_size, expected=f"at least {vocab_size - gap}")
    unused = [f"<unused_{i}>" for i in range(gap)]
    tail = [AddedToken(t, special=True, normalized=False) for t in (*unused, *image)]
    tokenizer.add_special_tokens(tail)
    return PromptTokenizer(tokenizer)
