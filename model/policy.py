"""A trained network as a planner: observation in, trajectory in robot units out.

The only place where pictures, state, task, network and units meet at run time. One call, one plan;
the same request with the same seed is the same plan. All it remembers between calls is the depth
it answered a moment before (:mod:`model.depth_memory`). Knows no socket and no clock of the robot.
Not thread-safe: one caller at a time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from model import checkpoint, companions, depth_tokenizer
from model.action_tokens import ActionTokenizer
from model.depth_tokenizer import DepthTokenizer
from model.embodiments import fitted
from model.errors import BadObservation, BadPlan, BadRequest, RobotMismatch, UnknownTag
from model.hub import Tell, quiet
from model.machine import Machine
from model.network import MolmoAct2
from model.processor import Processor
from model.rtc import PrefixGuidance, incoherence, prefix_weights
from model.sampler import Sampler, Wanted
from model.tags import TagMetadata
from model.thinking import Moment, Thinker
from model.transforms import Clipped, UnitTransform
from recordings.types import F32, U8, JointSpec, Observation, Plan, RobotSpec, frozen_f32
from recordings.wire import DepthWish, PlanRequest, ServerHello

MAX_SAMPLES = 64
GRIPPER_WEIGHT = 0.2  # of an arm joint, when samples are compared


class Policy:
    """A loaded checkpoint that answers plan requests."""

    def __init__(
        self,
        model: MolmoAct2,
        processor: Processor,
        *,
        tag: str,
        robot: RobotSpec,
        name: str,
        pictures: DepthTokenizer | None = None,  # turns depth codes into a picture
        actions: ActionTokenizer | None = None,  # of checkpoints that write actions as tokens
        depth: DepthWish = DepthWish.AUTO,  # for requests that leave it open
    ) -> None:
        self._model = model.eval()
        self._processor = processor
        self._tag_name = tag
        self._tag: TagMetadata = processor.tags[tag]
        self._robot = robot
        self._name = name
        self._units = UnitTransform(self._tag)
        columns = torch.arange(model.config.max_action_dim)
        self._is_pad = (columns >= len(robot.joints))[None]  # (1, D)
        self._thinker = Thinker(self._model, pictures=pictures, policy=name)
        self._depth = self._thinker.settle(depth)
        self._sampler = Sampler(self._model, self._thinker, actions=actions)

    @classmethod
    def load(
        cls,
        path: Path | str,
        *,
        threads: int = 1,
        tag: str | None = None,
        robot: RobotSpec | None = None,
        depth: DepthWish = DepthWish.AUTO,
        machine: Machine | None = None,
        tell: Tell = quiet,
    ) -> Policy:
        """Read a run and get ready to plan.

        Args:
            path: run folder, checkpoint folder or hub id.
            threads: of torch in this process.
            tag: which normalisation tag; None takes the only one.
            robot: the bench to plan for; None takes what the checkpoint says of its robot.
            depth: whether to reason about depth when a request leaves it open.
            machine: where to plan; None is the processor, in full precision.
            tell: hears of a download's progress.

        Raises:
            ModelError: unreadable, incomplete, without the tag or without a robot.
        """
        torch.set_num_threads(threads)
        loaded = checkpoint.load(path, tell=tell)
        tags = loaded.processor.tags
        if tag is None and len(tags.names) != 1:
            raise UnknownTag("", known=tags.names)
        chosen = tag or tags.names[0]
        whole = fitted(chosen, tags[chosen], robot)
        assert whole.robot is not None
        _check_sizes(whole, whole.robot, loaded.model)
        (machine or Machine()).take(loaded.model)
        actions = companions.action_folder(loaded.path)
        pictures = companions.depth_file(loaded.path)
        return cls(
            loaded.model,
            loaded.processor.with_tag(chosen, whole),
            tag=chosen,
            robot=whole.robot,
            name=Path(path).resolve().name,
            pictures=None if pictures is None else depth_tokenizer.load(pictures),
            actions=None if actions is None else ActionTokenizer.load(actions),
            depth=depth,
        )

    @property
    def hello(self) -> ServerHello:
        """What this policy is, for whoever connects."""
        state = self._units.state_in_robot_units
        return ServerHello(
            policy=self._name,
            robot=self._robot,
            dt_s=self._tag.dt_s,
            horizon=self._tag.action_horizon,
            image_size=self._model.config.image_size,
            state_low=frozen_f32(state.minimum or state.q01),
            state_high=frozen_f32(state.maximum or state.q99),
            tasks=self._tag.tasks,
            settings={
                "tag": self._tag_name,
                "control_mode": self._tag.control_mode,
                "preset": self._model.config.foresight.preset,
                "flow_steps": self._model.config.flow_matching_num_steps,
                "engines": self._engines,
                "max_samples": MAX_SAMPLES,
                "depth": self._depth.value,
                "depth_picture": self._thinker.draws,
            },
        )

    @property
    def _engines(self) -> list[str]:
        """How a running plan can be continued."""
        if self._sampler.writes:
            return ["plain"]
        committed = self._model.config.foresight.committed_rows > 0
        return ["plain", "guided", *(["committed"] if committed else [])]

    def plan(self, request: PlanRequest) -> Plan:
        """What this policy would do from here.

        Returns:
            A plan in robot units; row i is for observation time + i · dt_s. ``q`` is the sample
            closest to the running plan, or the first one when none runs; ``samples`` holds all.

        Raises:
            BadObservation: a picture or the state cannot be used.
            BadRequest: prefix, delay or sample count do not fit.
            DepthUnavailable: depth is asked of a checkpoint that was made without it.
            ReasoningFailed: the network's answer in tokens makes no sense.
            RobotMismatch: other cameras or another number of joints than in training.
            BadPlan: the network answered with not-a-number.
        """
        began = time.perf_counter()
        observation = request.observation
        images, state = self._images(observation), self._state(observation)
        guidance = self._guidance(request, state)
        depth = self._depth if request.depth is DepthWish.AUTO else request.depth
        depth = self._thinker.settle(depth)
        inputs = self._processor.encode(
            images,
            state=self._units.normalise_state(state),
            task=observation.task,
            tag=self._tag_name,
            depth=depth is not DepthWish.OFF,
        )
        wanted = Wanted(
            noise=self._noise(request),
            action_dim_is_pad=self._is_pad,
            moment=Moment(images[0], observation.state.t_ns, request.epoch),
            depth=depth,
            running=guidance,
            delay=request.delay_steps,
        )
        with torch.inference_mode():
            made = self._sampler.draw(inputs, wanted)
        drawn = time.perf_counter()
        samples = self._restore(made.chunks, state, seed=request.seed)
        chosen = self._choose(samples, state, guidance)
        done = time.perf_counter()
        thought = sum(made.stages_s.values())
        stages = {"encode": drawn - began - thought, **made.stages_s}
        stages |= {"restore": done - drawn, "total": done - began}
        return Plan(
            id=request.plan_id,
            epoch=request.epoch,
            q=frozen_f32(samples[chosen]),
            dt_s=self._tag.dt_s,
            observed_ns=observation.state.t_ns,
            policy=self._name,
            samples=frozen_f32(samples),
            reasoning=made.trace,
            timings={stage: seconds * 1e3 for stage, seconds in stages.items()},
            seed=request.seed,
            notes=self._notes(state),
        )

    # ── checking what came in ──────────────────────────────────────────────────────────────────

    def _images(self, observation: Observation) -> list[U8]:
        """(h, w, 3) pictures in the order of training."""
        wanted = self._tag.camera_keys or self._robot.camera_names
        given = observation.frames
        if set(given) != set(wanted):
            difference = f"cameras: {_names(wanted)} in training, {_names(given)} now"
            raise RobotMismatch(f"policy {self._name!r}", difference=difference)
        return [_checked_image(name, given[name].image) for name in wanted]

    def _state(self, observation: Observation) -> F32:
        q = np.asarray(observation.state.q)
        joints = len(self._robot.joints)
        if q.shape != (joints,):
            difference = f"{joints} joints in training, a state of shape {q.shape} now"
            raise RobotMismatch(f"policy {self._name!r}", difference=difference)
        if not np.isfinite(q).all():
            bad = ", ".join(np.array(self._robot.joint_names)[~np.isfinite(q)])
            raise BadObservation(
                "state", f"not finite ({bad})", expected=f"{joints} finite numbers"
            )
        return q.astype(np.float32)

    def _notes(self, state: F32) -> tuple[str, ...]:
        """What a person should know about a plan from here: joints outside of what was trained."""
        return tuple(_outside(self._robot.joints[c.column], c) for c in self._units.clipped(state))

    def _guidance(self, request: PlanRequest, state: F32) -> PrefixGuidance | None:
        horizon = self._tag.action_horizon
        if not 1 <= request.num_samples <= MAX_SAMPLES:
            raise BadRequest("num_samples", request.num_samples, expected=f"1 … {MAX_SAMPLES}")
        if request.prefix is None:
            return None
        if not 0 <= request.delay_steps < horizon:
            raise BadRequest("delay_steps", request.delay_steps, expected=f"0 … {horizon - 1}")
        prefix = self._prefix(request)[:horizon]
        known = len(prefix)
        target = torch.zeros(horizon, self._model.config.max_action_dim)
        normalised = self._units.normalise_actions(prefix, state)
        target[:known, : len(state)] = torch.from_numpy(normalised)
        return PrefixGuidance(target, prefix_weights(horizon, delay=request.delay_steps, end=known))

    def _prefix(self, request: PlanRequest) -> F32:
        """(l, n) the running plan at this policy's own row spacing, from observation time on."""
        prefix = np.asarray(request.prefix, np.float32)
        joints = len(self._robot.joints)
        if prefix.ndim != 2 or prefix.shape[1] != joints or not len(prefix):
            raise BadRequest("prefix", f"of shape {prefix.shape}", expected=f"(rows, {joints})")
        if not np.isfinite(prefix).all():
            raise BadRequest("prefix", "not finite", expected="finite numbers")
        if request.prefix_dt_s <= 0:
            raise BadRequest("prefix_dt_s", request.prefix_dt_s, expected="more than 0 s")
        if abs(request.prefix_dt_s - self._tag.dt_s) < 1e-6:
            return prefix
        given_s = np.arange(len(prefix)) * request.prefix_dt_s
        wanted_s = np.arange(0.0, given_s[-1] + 1e-6, self._tag.dt_s)
        columns = [np.interp(wanted_s, given_s, column) for column in prefix.T]
        return np.stack(columns, axis=1).astype(np.float32)

    # ── drawing and choosing ───────────────────────────────────────────────────────────────────

    def _noise(self, request: PlanRequest) -> torch.Tensor:
        """(1, K, H, D), the same for the same seed."""
        generator = torch.Generator().manual_seed(request.seed)
        shape = (request.num_samples, self._tag.action_horizon, self._is_pad.shape[1])
        return torch.randn(1, *shape, generator=generator)

    def _choose(self, samples: F32, state: F32, guidance: PrefixGuidance | None) -> int:
        """Which of the (K, H, n) trajectories, as they would run, continues the plan best."""
        if guidance is None:
            return 0
        joints = self._robot.joints
        weights = torch.tensor([GRIPPER_WEIGHT if j.is_gripper else 1.0 for j in joints])
        chunks = torch.from_numpy(self._units.normalise_actions(samples, state))
        known = PrefixGuidance(guidance.target[:, : len(joints)], guidance.weights)
        return int(incoherence(chunks, known, column_weights=weights).argmin())

    def _restore(self, chunks: torch.Tensor, state: F32, *, seed: int) -> F32:
        """(K, H, n) robot units."""
        joints = len(self._robot.joints)
        normalised = chunks[..., :joints].float().cpu().numpy()
        if not np.isfinite(normalised).all():
            raise BadPlan("numbers that are not finite", seed=seed)
        return self._units.restore_actions(normalised, state)


def _checked_image(camera: str, image: U8) -> U8:
    array = np.asarray(image)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise BadObservation(
            f"picture of camera {camera!r}",
            f"{array.dtype} of shape {array.shape}",
            expected="uint8 RGB of shape (height, width, 3)",
        )
    return array


def _check_sizes(tag: TagMetadata, robot: RobotSpec, model: MolmoAct2) -> None:
    """Statistics, robot and network must agree on how many joints and rows there are."""
    joints, config = len(robot.joints), model.config
    for what, size in (("state", tag.state.size), ("action", tag.action.size)):
        if size != joints:
            difference = f"{joints} joints ({robot.name}), {size} {what} statistics"
            raise RobotMismatch("norm_stats", difference=difference)
    if joints > config.max_action_dim or tag.action_horizon > config.max_action_horizon:
        difference = (
            f"{joints} joints × {tag.action_horizon} rows asked, "
            f"{config.max_action_dim} × {config.max_action_horizon} possible"
        )
        raise RobotMismatch("norm_stats", difference=difference)


def _outside(joint: JointSpec, seen: Clipped) -> str:
    """One sentence about a joint the network sees only as far as training went."""
    unit = "open" if joint.is_gripper else "rad"
    low, high = f"{seen.low:.2f}", f"{seen.high:.2f} {unit}"
    return (
        f"{joint.name} is at {seen.value:.2f} {unit}, training saw {low} … {high}: "
        "the policy plans as if it were at the nearer end"
    )


def _names(cameras: Mapping[str, object] | tuple[str, ...]) -> str:
    return ", ".join(cameras) or "none"
