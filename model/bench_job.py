"""``foresight bench-model``: how long planning takes on this machine, stage by stage, as JSON.

Weights are random: time does not depend on what a network has learned, and nothing has to be
downloaded. One prompt of the released length with black pictures; K = 1 against many samples in
the same run. The only top of this command; knows no robot.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from model import messages
from model.config import ModelConfig
from model.continuation import Continuation
from model.errors import ModelError
from model.expert import ExpertContext, Modulation
from model.inputs import ModelInputs, left_pad
from model.machine import DEVICES, Machine
from model.memory import memory_use
from model.network import MolmoAct2
from model.precision import PRECISIONS
from model.presets import preset
from model.processor import Processor
from model.tags import Tags
from model.tiny_tokenizer import tiny_tokenizer

WORDS = 100  # tokens of a prompt besides its pictures, about what a robot prompt has
COLUMNS = 8  # of an action, the rest is padding


@dataclass(slots=True)
class Stopwatch:
    """Milliseconds of every stage, run by run."""

    device: torch.device
    laps: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def time(self, stage: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - what work gives
        """Do it, wait until the device is done, keep the time."""
        began = time.perf_counter()
        result = work()
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        self.laps.setdefault(stage, []).append((time.perf_counter() - began) * 1e3)
        return result

    def summary(self) -> dict[str, dict[str, float]]:
        """Median and 95th percentile per stage, ms."""
        return {
            stage: {
                "median_ms": statistics.median(values),
                "p95_ms": float(np.percentile(values, 95)),
            }
            for stage, values in self.laps.items()
        }


class Bench:
    """A random network and one prompt."""

    def __init__(self, config: ModelConfig, options: argparse.Namespace) -> None:
        self.machine = Machine(options.device, options.precision, options.compile)
        self.device = self.machine.chosen_device
        torch.manual_seed(options.seed)
        self.network = random_network(config, self.machine)
        self.processor = Processor(config, tiny_tokenizer(), Tags({}))
        self.cameras = options.cameras
        columns = torch.arange(config.max_action_dim, device=self.device)
        self.is_pad = (columns >= min(COLUMNS, config.max_action_dim))[None]

    def run(self, samples: int, watch: Stopwatch) -> None:
        """One plan of ``samples`` chunks."""
        network, config = self.network, self.network.config
        with torch.inference_mode():
            inputs = watch.time("encode", self._inputs)
            seen = watch.time("vision", lambda: network.look(inputs))
            context = watch.time("prefill", lambda: self._context(seen))
            rows = config.max_action_horizon
            shape = (1, samples, rows, config.max_action_dim)
            noise = torch.randn(shape, device=self.device)
            shifts = network.modulation_for(config.flow_matching_num_steps, rows=rows)
            chunks = watch.time("flow", lambda: self._flow(context, noise, shifts))
            watch.time("restore", lambda: chunks[..., :COLUMNS].float().cpu().numpy())

    def _context(self, seen: ModelInputs) -> ExpertContext:
        answer = Continuation(self.network, seen)
        return self.network.expert_context(answer.context())

    def _flow(
        self, context: ExpertContext, noise: torch.Tensor, shifts: Modulation
    ) -> torch.Tensor:
        return self.network.sample_from(
            context, noise, action_dim_is_pad=self.is_pad, modulation=shifts
        )

    def _inputs(self) -> ModelInputs:
        """A prompt as long as a real one: pictures first, then words."""
        config = self.network.config
        tokens, size = config.tokens, config.image_size
        picture = [tokens.image_start_token_id, *[tokens.image_patch_id] * config.tokens_per_image]
        words = list(range(2, 2 + WORDS))
        row = [*picture, tokens.image_end_token_id] * self.cameras + words
        ids, valid, positions = left_pad([row], pad=tokens.pad_token_id, bos=tokens.eos_token_id)
        images = np.zeros((self.cameras, size, size, 3), np.uint8)
        pixel_values, pooling = self.processor.patches(images)
        inputs = ModelInputs(
            input_ids=ids,
            attention_mask=valid,
            position_ids=positions,
            image_block=torch.isin(ids, torch.tensor(tokens.image_block)),
            pixel_values=pixel_values,
            pooling=pooling,
        )
        return inputs.to(self.device)


def random_network(config: ModelConfig, machine: Machine) -> MolmoAct2:
    """A network with random weights, built where it will run."""
    with machine.chosen_device:
        network = MolmoAct2(config).eval()
    with torch.no_grad():  # a fresh expert is blind and answers zero: give it something to do
        for name, weight in network.expert.named_parameters():
            if "modulation" in name or "final_layer" in name:
                weight.normal_(0.0, 0.02)
    machine.take(network)
    return network.requires_grad_(requires_grad=False)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print. 0 done, 1 failed (the reason is a JSON line)."""
    options = _parse(argv)
    torch.set_num_threads(options.threads)
    try:
        sys.stdout.write(json.dumps(measure(options)) + "\n")
    except ModelError as error:
        sys.stdout.write(messages.encode(messages.Failed(error.message, error.hint)) + "\n")
        return 1
    return 0


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Everything that is printed.

    Raises:
        ModelError: an unknown preset, or a library that is missing.
    """
    config = preset(options.preset)
    bench = Bench(config, options)
    device = bench.device
    watches: dict[int, Stopwatch] = {k: Stopwatch(device) for k in (1, options.samples)}
    for samples in watches:
        bench.run(samples, Stopwatch(device))  # warm up: allocate, compile
    for _ in range(options.runs):  # taking turns, so that a busy moment hits both alike
        for samples, watch in watches.items():
            watch.time("total", lambda s=samples, w=watch: bench.run(s, w))
    results = {f"k{samples}": watch.summary() for samples, watch in watches.items()}
    steps = config.flow_matching_num_steps
    one, many = (results[f"k{k}"] for k in (1, options.samples))
    return {
        "preset": options.preset,
        "parameters": sum(p.numel() for p in bench.network.parameters()),
        "device": _device_name(device),
        "precision": bench.machine.chosen_precision,
        "compiled": options.compile,
        "threads": options.threads,
        "cameras": options.cameras,
        "rows": config.max_action_horizon,
        "flow_steps": steps,
        "runs": options.runs,
        "samples": options.samples,
        **results,
        "flow_step_ms": {k: results[k]["flow"]["median_ms"] / steps for k in results},
        "many_over_one": many["total"]["median_ms"] / one["total"]["median_ms"],
        "peak_gb": memory_use(device).peak / 1e9,
    }


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="foresight bench-model",
        description="Measure planning on this machine, stage by stage; prints JSON.",
    )
    parser.add_argument("--preset", default="full", help="tiny, mid or full (default: full)")
    parser.add_argument(
        "--random-weights", action="store_true", help="the default, and all there is: no download"
    )
    parser.add_argument("--device", choices=DEVICES, default="auto", help="(auto: a GPU, if any)")
    parser.add_argument("--precision", choices=PRECISIONS, help="of the backbone")
    parser.add_argument("--samples", type=int, default=8, metavar="K", help="against 1 (8)")
    parser.add_argument("--cameras", type=int, default=3, metavar="N", help="pictures (3)")
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="of each (20)")
    parser.add_argument("--compile", action="store_true", help="fuse the expert's blocks")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
