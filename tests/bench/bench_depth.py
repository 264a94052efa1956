"""What adaptive depth reasoning saves, and how true its depth is: prints one JSON object.

A demonstration on a fresh scene of the simulated bench, a plan every ``--every`` seconds. At each,
the Think checkpoint answers twice: every cell, and only those that changed since the last plan.
Both are timed in the same run; the answers are compared with the simulator's true depth.

    python tests/bench/bench_depth.py --plot saved.svg
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from assets import asset
from devices.kinematics import Kinematics
from devices.sim.demonstrator import Demonstrator
from devices.sim.lockstep import follow, lockstep
from devices.sim.render import SceneRenderer
from devices.sim.robot import sim_robot
from devices.sim.world import World
from model import checkpoint, depth_tokenizer
from model.continuation import Continuation
from model.processor import Processor
from model.tags import RELATIVE, NormStats, TagMetadata, Tags
from model.teach_depth_tokenizer import rank_correlation
from model.teach_think import SETUP
from model.thinking import Moment, Thinker
from model.transforms import UnitTransform
from recordings.types import F32, U8, DepthTrace
from recordings.wire import DepthWish
from studio.make_depth_data import relative_depth

TASK = "put the red cube in the tray"
WIDTH, HEIGHT = 320, 240
TAG = "bench"


@dataclass(frozen=True)
class Look:
    """One moment of the demonstration."""

    t_ns: int
    q: F32  # (6,) rad
    images: list[U8]
    depth: U8  # true, relative


def watch(*, seed: int, every_s: float, longest_s: float) -> list[Look]:
    """Moments of one demonstration."""
    world = World(seed)
    leader = Demonstrator(world, kinematics=Kinematics.of("so101"), seed=seed)
    looks: list[Look] = []
    with SceneRenderer(WIDTH, HEIGHT) as renderer:
        leader.set_task(TASK)
        for tick in lockstep(
            world,
            follow(leader),
            seconds=longest_s,
            renderer=renderer,
            camera_hz=1 / every_s,
            until=lambda: leader.done,
        ):
            if tick.pictures is not None:
                qpos = world.qpos()
                front = relative_depth(renderer.depth(qpos, "front"))
                images = [np.array(tick.pictures[name]) for name in ("front", "wrist")]
                looks.append(Look(tick.t_ns, tick.state.q, images, front))
    return looks


class Bench:
    """A Think checkpoint that answers about looks."""

    def __init__(self, folder: Path) -> None:
        loaded = checkpoint.load(folder)
        robot = sim_robot(camera_size=(WIDTH, HEIGHT))
        scale = NormStats(q01=tuple(robot.lower.tolist()), q99=tuple(robot.upper.tolist()))
        tag = TagMetadata(
            state=scale, action=scale, setup_type=SETUP, control_mode=RELATIVE, robot=robot
        )
        self.network = loaded.model
        self.processor = Processor(
            loaded.model.config, loaded.processor.tokenizer, Tags({TAG: tag})
        )
        self.units = UnitTransform(tag)
        self.pictures = depth_tokenizer.load(folder / depth_tokenizer.FILE)
        self.thinker = Thinker(self.network, pictures=self.pictures, policy=folder.name)

    @torch.inference_mode()
    def answer(self, look: Look, wish: DepthWish) -> DepthTrace:
        inputs = self.processor.encode(
            look.images, state=self.units.normalise_state(look.q), task=TASK, tag=TAG
        )
        answer = Continuation(self.network, inputs)
        return self.thinker.think(answer, Moment(look.images[0], look.t_ns, 0), wish=wish)

    def correlation(self, trace: DepthTrace, look: Look) -> float:
        assert trace.relative_depth is not None
        side = len(trace.relative_depth)
        true = torch.from_numpy(look.depth)[None, None].float()
        shrunk = torch.nn.functional.interpolate(true, (side, side), mode="nearest")[0]
        return rank_correlation(torch.from_numpy(trace.relative_depth)[None], shrunk)


def measure(bench: Bench, looks: list[Look]) -> dict[str, object]:
    """Times, cells and correlations of one demonstration."""
    full = [bench.answer(look, DepthWish.FULL) for look in looks]
    fresh = Thinker(bench.network, pictures=bench.pictures, policy="again")
    bench.thinker = fresh
    adaptive = [bench.answer(look, DepthWish.ADAPTIVE) for look in looks]
    kept_wrongly = sum(
        int((now.codes != before.codes)[~now.updated].sum()) for before, now in pairwise(adaptive)
    )
    full_ms, adaptive_ms = ([t.took_ms for t in traces] for traces in (full, adaptive))
    return {
        "plans": len(looks),
        "full_ms": round(float(np.median(full_ms)), 1),
        "adaptive_ms": round(float(np.median(adaptive_ms)), 1),
        "saved": round(1 - float(np.sum(adaptive_ms) / np.sum(full_ms)), 3),
        "cells_predicted": [int(t.updated.sum()) for t in adaptive],
        "kept_cells_that_changed": kept_wrongly,
        "rank_correlation_full": round(
            float(np.mean([bench.correlation(t, k) for t, k in zip(full, looks, strict=True)])), 3
        ),
        "rank_correlation_adaptive": round(
            float(np.mean([bench.correlation(t, k) for t, k in zip(adaptive, looks, strict=True)])),
            3,
        ),
        "each_full_ms": [round(ms, 1) for ms in full_ms],
        "each_adaptive_ms": [round(ms, 1) for ms in adaptive_ms],
    }


def plot(result: dict[str, object], path: Path) -> None:
    """Both times of every plan as an SVG."""
    full, adaptive = result["each_full_ms"], result["each_adaptive_ms"]
    assert isinstance(full, list)
    assert isinstance(adaptive, list)
    top, width, height = max(*full, *adaptive), 640, 260

    def line(values: list[float], colour: str) -> str:
        points = " ".join(
            f"{50 + 570 * i / max(len(values) - 1, 1):.1f},{20 + 200 * (1 - v / top):.1f}"
            for i, v in enumerate(values)
        )
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'

    text = 'font-family="sans-serif" font-size="12" fill="#444"'
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<rect width="100%" height="100%" fill="white"/>'
        f'<line x1="50" y1="220" x2="620" y2="220" stroke="#999"/>'
        f"{line(full, '#d1495b')}{line(adaptive, '#2a788e')}"
        f'<text x="4" y="26" {text}>{top:.0f} ms</text><text x="30" y="224" {text}>0</text>'
        f'<text x="50" y="245" {text}>plans of one demonstration: all cells (red), '
        f"changed cells only (blue)</text></svg>\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=asset("foundation/tiny-think"))
    parser.add_argument("--seed", type=int, default=7_000_001)
    parser.add_argument("--every", type=float, default=0.3, help="seconds between plans")
    parser.add_argument("--longest", type=float, default=12.0, help="seconds")
    parser.add_argument("--plot", type=Path, default=None, help="an SVG file")
    options = parser.parse_args()
    torch.set_num_threads(1)
    looks = watch(seed=options.seed, every_s=options.every, longest_s=options.longest)
    result = measure(Bench(options.checkpoint), looks)
    if options.plot is not None:
        plot(result, options.plot)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
