"""What `foresight` understands on the command line, and which part of the program answers.

Imports nothing heavy itself: model jobs are reached by name, the window only when one is wanted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import threading
from pathlib import Path

from studio.display import missing_display, prepare_platform
from studio.jobs import END_WITH_PARENT

JOBS = {
    "train": ("model.train_job", "fine-tune a policy on recorded episodes"),
    "plan": ("model.plan_job", "what a policy would do at a recorded moment, as JSON"),
    "bench-model": ("model.bench_job", "measure planning on this machine, stage by stage"),
    "serve": ("model.serve_job", "serve plans of a trained policy over a websocket"),
    "export-model": ("model.export_job", "write a policy as a released or LeRobot checkpoint"),
    "inspect": ("model.inspect_job", "say what a checkpoint is and what it can do"),
    "calibrate": ("studio.calibrate", "measure the joints of an arm by hand"),
    "episodes": ("studio.episodes.command", "list, check, edit, export and import recordings"),
}
TOOLS = {
    "set-up-motors": ("studio.set_up_motors", "give new motors their numbers, one at a time"),
    "devices": ("studio.plugged_in", "list cameras, pucks, gamepads and pedals"),
    "board": ("studio.print_board", "the board to print for calibrating cameras"),
    "calibrate-camera": ("studio.calibrate_camera", "find a camera's lens and place"),
}


def run(argv: list[str]) -> int:
    """Parse ``argv`` (without the program name) and do it; returns the exit code."""
    if argv and argv[0] in JOBS:
        return _run_job(argv[0], argv[1:])
    if argv and argv[0] in TOOLS:
        return int(importlib.import_module(TOOLS[argv[0]][0]).main(argv[1:]))
    options = _parser().parse_args(argv)
    if options.command == "demo":
        from studio.demo import main as demo

        return demo(options)
    if options.command == "emulate":
        from studio.emulate import main as emulate

        return emulate(options)
    return _open_window(options)


def _run_job(name: str, arguments: list[str]) -> int:
    if END_WITH_PARENT in arguments:
        arguments = [a for a in arguments if a != END_WITH_PARENT]
        threading.Thread(target=_end_when_stdin_closes, daemon=True).start()
    return int(importlib.import_module(JOBS[name][0]).main(arguments) or 0)


def _end_when_stdin_closes() -> None:
    """A job of a window that is gone, even by kill -9, has nobody to work for."""
    while os.read(sys.stdin.fileno(), 1):  # unbuffered: a lock would hang Python's own end
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _open_window(options: argparse.Namespace) -> int:
    if options.offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    problem = missing_display()
    if problem:
        sys.stderr.write(problem + "\n")
        return 2
    prepare_platform()
    from devices.errors import DeviceError
    from studio.app import open_studio

    try:
        return open_studio(options)
    except DeviceError as error:  # a bench that does not exist or cannot be read
        sys.stderr.write(f"{error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="foresight",
        description="See what the robot is about to do before it does it. "
        "Without a command: opens the studio.",
    )
    _add_bench(parser)
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep episodes and runs here")
    parser.add_argument("--offscreen", action="store_true", help="no picture, for machines without")
    parser.add_argument(
        "--tour",
        type=Path,
        metavar="DIR",
        help="picture of every page into DIR; its episodes and runs go to DIR/data, or --data",
    )
    parser.set_defaults(command="")
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    demo = commands.add_parser("demo", help="the whole loop on the simulated bench, no window")
    demo.set_defaults(command="demo")
    _add_demo(demo)
    emulate = commands.add_parser("emulate", help="arms made of software, on real ports")
    emulate.set_defaults(command="emulate")
    _add_emulate(emulate)
    for name, (_, text) in (
        TOOLS | JOBS
    ).items():  # shown in the help; run before the parser is built
        commands.add_parser(name, help=text, add_help=False)
    return parser


def _add_bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bench", metavar="NAME|FILE", help='a bench by name ("sim") or its file')


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--episodes", type=_count, metavar="N", help="demonstrations (50)")
    parser.add_argument("--minutes", type=_positive, metavar="M", help="minutes of training (15)")
    parser.add_argument("--trials", type=_count, metavar="N", help="autonomous trials (20)")
    parser.add_argument("--seed", type=int, default=0, help="draws scenes and weights (0)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where everything is saved")
    parser.add_argument("--quick", action="store_true", help="under three minutes, no promises")
    parser.add_argument("--json", action="store_true", help="last line of stdout is one object")


def _add_emulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("robot", choices=["so101", "koch", "yam"], help="which arm")
    parser.add_argument("--leader", action="store_true", help="a leader arm")
    parser.add_argument("--follower", action="store_true", help="a follower arm")
    parser.add_argument("--bimanual", action="store_true", help="a left and a right one of each")
    parser.add_argument(
        "--cameras", type=int, choices=(0, 1, 2), default=0, metavar="N", help="cameras (0)"
    )
    parser.add_argument("--fresh", action="store_true", help="new motors, all with id 1 (so101)")
    parser.add_argument("--sway", action="store_true", help="a hand moves the leader to and fro")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where ports and files appear")
    parser.add_argument("--json", action="store_true", help="print one line of JSON and no more")


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least 1")
    return value


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return value
