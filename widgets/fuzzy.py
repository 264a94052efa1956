"""How well a few typed letters match a name. Knows no list and no widget.

Letters must appear in their order; beginnings of words, runs of letters and early places count more
("tko" finds "take over", "gt" finds "go to train").
"""

from __future__ import annotations

from functools import lru_cache

_START, _RUN, _PLAIN = 10.0, 6.0, 1.0  # points of a letter: begins a word, follows a hit, else


def score(query: str, text: str) -> float | None:
    """Points of ``text`` for ``query`` (higher is better), None when it does not match at all."""
    letters = "".join(query.lower().split())
    if not letters:
        return 0.0
    name = text.lower()
    best = _best(letters, name)
    return None if best is None else best - 0.05 * len(name)


@lru_cache(maxsize=4096)
def _best(letters: str, name: str) -> float | None:
    """Best points over all ways to find ``letters`` in ``name``: one row per letter."""
    hits: dict[int, float] = {-2: 0.0}  # place of the last letter found → points so far
    for letter in letters:
        found: dict[int, float] = {}
        for at, here in enumerate(name):
            if here != letter:
                continue
            ways = [
                points + _points(name, at, follows=place == at - 1)
                for place, points in hits.items()
                if place < at
            ]
            if ways:
                found[at] = max(ways)
        if not found:
            return None
        hits = found
    return max(hits.values())


def _points(name: str, at: int, *, follows: bool) -> float:
    starts = at == 0 or not name[at - 1].isalnum()
    return (_START if starts else 0.0) + (_RUN if follows else 0.0) + _PLAIN - 0.01 * at
