"""``foresight export-model``: a run or checkpoint → the layout of another program.

The only top of exporting: arguments and standard output meet here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from model import checkpoint, messages
from model.errors import ModelError
from model.export import FORMATS, LARGEST_FILE, export
from model.messages import JobEvent


def main(argv: Sequence[str] | None = None) -> int:
    """Export once. 0 done, 1 failed (the reason is a JSON line)."""
    options = _parse(argv)
    _tell(messages.Started(job="export-model", out=str(options.out)))
    try:
        loaded = checkpoint.load(options.run, dtype=None, tell=_tell)
        notes = export(
            loaded,
            options.out,
            layout=options.format,
            tag=options.tag,
            largest_file=options.largest_file,
        )
    except ModelError as error:
        _tell(messages.Failed(message=error.message, hint=error.hint))
        return 1
    except OSError as error:
        reason = error.strerror or str(error)
        _tell(
            messages.Failed(
                message=f"cannot write {options.out}: {reason}", hint="choose another --out"
            )
        )
        return 1
    for note in notes:
        _tell(messages.Note(message=note))
    _tell(messages.Finished(out=str(options.out)))
    return 0


def _tell(event: JobEvent) -> None:
    sys.stdout.write(messages.encode(event) + "\n")
    sys.stdout.flush()


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="foresight export-model",
        description="Write a trained policy in the layout of another program.",
    )
    parser.add_argument("run", metavar="RUN", help="run, checkpoint folder, or owner/name")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="molmoact2",
        help="whose layout: as released (molmoact2), LeRobot 0.6, or the LeRobot after it",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument("--tag", help="the tag of a LeRobot policy, when there are several")
    parser.add_argument(
        "--largest-file", default=LARGEST_FILE, metavar="SIZE", help=f"({LARGEST_FILE})"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
