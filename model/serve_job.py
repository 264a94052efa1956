"""``foresight serve``: load a run, warm up, answer plan requests, tell the world in JSON lines.

The only top of serving: arguments, signals and standard output meet here. Runs in a process of its
own with one torch thread.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model import messages
from model.errors import ModelError, RobotFileInvalid
from model.machine import DEVICES, Machine
from model.messages import JobEvent
from model.policy import Policy
from model.precision import PRECISIONS
from model.server import PolicyServer
from recordings.types import Frame, JointState, Observation, RobotSpec, frozen_f32
from recordings.wire import PlanRequest, ServerHello

WARM_UP_PLANS = 2  # the first one allocates, the second one shows the real time


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. 0 ended on request, 1 failed (the reason is a JSON line)."""
    options = _parse(argv)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    _tell(messages.Started(job="serve", out=str(options.run)))
    try:
        began = time.monotonic()
        policy = Policy.load(
            options.run,
            threads=options.threads,
            tag=options.tag,
            robot=read_robot(options.robot),
            machine=Machine(options.device, options.precision, options.compile),
            tell=_tell,
        )
        load_s = time.monotonic() - began
        plan_ms = [warm_up(policy, samples=options.samples) for _ in range(WARM_UP_PLANS)][-1]
        asyncio.run(_serve(policy, options, load_s=load_s, plan_ms=plan_ms))
    except ModelError as error:
        _tell(messages.Failed(message=error.message, hint=error.hint))
        return 1
    except OSError as error:
        _tell(
            messages.Failed(
                message=f"cannot listen on {options.host}:{options.port}: {error.strerror}",
                hint="choose another --port, 0 takes a free one",
            )
        )
        return 1
    _tell(messages.Finished(out=str(options.run), cancelled=True))
    return 0


def warm_up(policy: Policy, *, samples: int) -> float:
    """Make one plan from black pictures; returns its milliseconds."""
    return policy.plan(dark_request(policy.hello, samples=samples)).timings["total"]


def dark_request(hello: ServerHello, *, samples: int) -> PlanRequest:
    """A request with black pictures and an arm in the middle of what training saw."""
    image = np.zeros((hello.image_size, hello.image_size, 3), np.uint8)
    frames = {name: Frame(name, image, 0, 0) for name in hello.robot.camera_names}
    state = frozen_f32((hello.state_low + hello.state_high) / 2)
    task = hello.tasks[0] if hello.tasks else ""
    return PlanRequest(
        observation=Observation(JointState(state, 0), frames, task),
        epoch=0,
        plan_id=0,
        prefix=None,
        prefix_dt_s=hello.dt_s,
        delay_steps=0,
        num_samples=samples,
        seed=0,
    )


async def _serve(
    policy: Policy, options: argparse.Namespace, *, load_s: float, plan_ms: float
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    name = policy.hello.policy

    def ready(url: str) -> None:
        _tell(messages.Ready(url=url, policy=name, load_s=load_s, plan_ms=plan_ms))

    server = PolicyServer(policy, token=options.token)
    await server.run(host=options.host, port=options.port, ready=ready, stop=stop)


def read_robot(path: Path | None) -> RobotSpec | None:
    """The robot a JSON file describes, None for no file.

    Raises:
        RobotFileInvalid: it describes none, or cannot be read.
    """
    if path is None:
        return None
    try:
        return RobotSpec.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise RobotFileInvalid(path, reason=error.strerror or "cannot open") from error
    except KeyError as error:
        raise RobotFileInvalid(path, reason=f"{error} is missing") from error
    except (TypeError, ValueError) as error:
        raise RobotFileInvalid(path, reason=str(error)) from error


def _tell(event: JobEvent) -> None:
    sys.stdout.write(messages.encode(event) + "\n")
    sys.stdout.flush()


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="foresight serve", description="Serve plans of a trained policy over a websocket."
    )
    parser.add_argument(
        "--run", required=True, metavar="DIR|ID", help="run, checkpoint folder, or owner/name"
    )
    parser.add_argument(
        "--robot", type=Path, metavar="FILE", help="the bench's robot (JSON), to be checked against"
    )
    parser.add_argument("--tag", help="normalisation tag, when the checkpoint has several")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--token",
        default=os.environ.get("FORESIGHT_TOKEN", ""),
        help="clients must give it (default: $FORESIGHT_TOKEN)",
    )
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where to plan (auto)")
    parser.add_argument("--precision", choices=PRECISIONS, help="of the backbone (bf16 on a GPU)")
    parser.add_argument("--compile", action="store_true", help="fuse the expert's blocks")
    parser.add_argument("--threads", type=int, default=1, help="torch threads")
    parser.add_argument("--samples", type=int, default=8, help="samples per warm-up plan")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
