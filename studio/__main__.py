"""The `foresight` command. Checks that it speaks to its own packages, then hands over to the CLI.

Kept light: child processes import this module again.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

PACKAGES = ("studio", "widgets", "devices", "model", "recordings", "assets")


def intruder(packages: tuple[str, ...] = PACKAGES) -> str | None:
    """Path of a foreign module that hides one of our packages, None when all are neighbours.

    `model` or `devices` are names that others use too: a stray ``devices.py`` on PYTHONPATH must be
    named, not imported.
    """
    home = Path(__file__).resolve().parents[1]
    for name in packages:
        spec = importlib.util.find_spec(name)
        origin = spec.origin if spec else None
        if origin is None or Path(origin).resolve().parent != home / name:
            return origin or f"(no package {name!r} found)"
    return None


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    stranger = intruder()
    if stranger:
        sys.stderr.write(
            f"Foresight would load a stranger's module instead of its own: {stranger}\n"
            "Remove that folder from PYTHONPATH (or start `foresight` from another folder).\n"
        )
        return 2
    from studio.cli import run

    return run(sys.argv[1:] if argv is None else argv)


if __name__ == "__main__":
    sys.exit(main())
