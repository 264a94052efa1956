"""``export`` and ``import``: episodes to and from the formats of other programs."""

from __future__ import annotations

import argparse


def add_commands(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Nothing yet."""
