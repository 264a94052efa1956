"""What can go wrong with a model, as classes that build their own message.

    ModelError
    ├── ConfigInvalid        a config.json lacks a field or contradicts itself
    ├── CheckpointUnreadable a file is missing, cut short or no checkpoint at all
    ├── HubUnavailable       a checkpoint that is not here and cannot be fetched
    ├── CheckpointMismatch   tensors missing, unexpected, of another shape or type
    ├── CannotExport         another program could not load what is asked for
    ├── UnknownTag           the checkpoint has no such norm_tag
    ├── HorizonTooLong       a longer chunk than the network can make
    ├── TrainingDataUnusable nothing to learn from: which folder, which reason
    ├── RobotMismatch        the checkpoint was made for another robot or camera set
    ├── RobotFileInvalid     a file that should describe a bench's robot and does not
    ├── BadObservation       a picture or a state that no plan can be made from
    ├── BadRequest           a request whose numbers contradict the checkpoint
    ├── DepthUnavailable     depth is asked of a checkpoint that does not reason about it
    ├── ReasoningFailed      the network's answer in tokens makes no sense
    ├── AdapterMismatch      an adapter was trained on another base than the one that is there
    ├── MomentMissing        a recording has nothing to plan from at that time
    ├── ComparisonImpossible two saved plans answer different questions
    ├── PlanFileInvalid      a file that should hold a saved plan and does not
    ├── LibraryMissing       an optional library is asked for and not installed
    ├── OutOfMemory          a job does not fit, and what to change
    └── BadPlan              the network answered with something no arm may follow

This module knows no torch and no files.
"""

# ruff: noqa: N818 - the names say what happened, the base says that it is an error

from __future__ import annotations

from collections.abc import Sequence


class ModelError(Exception):
    """Base of everything the learning jobs raise on purpose."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message = message
        self.hint = hint


class ConfigInvalid(ModelError):
    """A configuration lacks a field or contradicts itself."""

    def __init__(self, field: str, value: object, *, expected: str) -> None:
        super().__init__(
            f"model config: {field} is {value!r}, expected {expected}",
            hint="check config.json of the checkpoint",
        )


class CheckpointUnreadable(ModelError):
    """A checkpoint folder or one of its files cannot be read."""

    def __init__(self, path: object, *, reason: str, hint: str = "") -> None:
        super().__init__(
            f"cannot read the checkpoint {path}: {reason}",
            hint=hint or "choose a run that finished a save, or train again",
        )


class HubUnavailable(ModelError):
    """A checkpoint is not on this machine and the hub does not give it."""

    def __init__(self, name: str, *, reason: str, hint: str) -> None:
        super().__init__(f"cannot fetch the checkpoint {name}: {reason}", hint=hint)


class CheckpointMismatch(ModelError):
    """The tensors in a file are not the tensors of the network its config describes."""

    def __init__(
        self,
        path: object,
        *,
        missing: Sequence[str] = (),
        unexpected: Sequence[str] = (),
        wrong: Sequence[str] = (),
    ) -> None:
        parts = [
            f"{len(names)} {what} ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})"
            for what, names in (
                ("missing", missing),
                ("unexpected", unexpected),
                ("of another shape or type", wrong),
            )
            if names
        ]
        super().__init__(
            f"tensors of {path} do not fit its config: {'; '.join(parts)}",
            hint="weights and config.json must come from the same save",
        )
        self.missing, self.unexpected, self.wrong = tuple(missing), tuple(unexpected), tuple(wrong)


class CannotExport(ModelError):
    """A checkpoint cannot be written for another program."""

    def __init__(self, out: object, *, reason: str, hint: str) -> None:
        super().__init__(f"cannot export to {out}: {reason}", hint=hint)


class UnknownTag(ModelError):
    """A normalisation tag that the checkpoint does not have."""

    def __init__(self, tag: str, *, known: Sequence[str]) -> None:
        super().__init__(
            f"no normalisation tag {tag!r}, the checkpoint has: {', '.join(known) or 'none'}",
            hint="choose one of these tags, or fine-tune on your own robot first",
        )


class HorizonTooLong(ModelError):
    """More rows per chunk were asked for than the network can make."""

    def __init__(self, asked: int, *, most: int) -> None:
        super().__init__(
            f"a chunk of {asked} rows was asked for, this checkpoint makes at most {most}",
            hint=f"ask for a horizon of {most} rows or fewer",
        )


class TrainingDataUnusable(ModelError):
    """There is nothing to learn from."""

    def __init__(self, folder: object, *, reason: str) -> None:
        super().__init__(
            f"cannot train on {folder}: {reason}",
            hint="record a few episodes and keep them, then train again",
        )


class RobotMismatch(ModelError):
    """Checkpoint and bench (or episode) are not about the same robot. Both sides are named."""

    def __init__(self, what: str, *, difference: str) -> None:
        super().__init__(
            f"{what}: {difference}",
            hint="use a checkpoint that was trained on this robot and these cameras",
        )


class RobotFileInvalid(ModelError):
    """A file that should describe the robot of a bench does not."""

    def __init__(self, path: object, *, reason: str) -> None:
        super().__init__(
            f"the robot file {path} describes no robot: {reason}",
            hint="give the file that the studio wrote for this bench, or leave it out",
        )


class BadObservation(ModelError):
    """A picture or a state no plan can be made from."""

    def __init__(self, what: str, value: object, *, expected: str) -> None:
        super().__init__(
            f"{what} is {value}, expected {expected}",
            hint="check the camera or the arm; nothing was planned",
        )


class BadRequest(ModelError):
    """A plan request whose numbers do not fit the checkpoint."""

    def __init__(self, field: str, value: object, *, expected: str) -> None:
        super().__init__(
            f"plan request: {field} is {value}, expected {expected}",
            hint="ask for a plan that the loaded checkpoint can make",
        )


class DepthUnavailable(ModelError):
    """Depth is asked of a checkpoint that does not reason about it."""

    def __init__(self, policy: str) -> None:
        super().__init__(
            f"depth reasoning is asked for, but {policy or 'this checkpoint'} was made without it",
            hint="choose a Think checkpoint, or ask without depth",
        )


class ReasoningFailed(ModelError):
    """The network's answer in tokens makes no sense."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the network {what}",
            hint="nothing was planned; if it happens again, the checkpoint is broken or fits "
            "neither this robot nor this kind of answer",
        )


class BadPlan(ModelError):
    """The network answered with something no arm may follow."""

    def __init__(self, what: str, *, seed: int) -> None:
        super().__init__(
            f"the planned trajectory has {what} (seed {seed})",
            hint="nothing was sent; if it happens again, the checkpoint is broken",
        )


class AdapterMismatch(ModelError):
    """An adapter was trained on other base weights than those at hand."""

    def __init__(self, adapter: object, base: object, *, wanted: str, found: str) -> None:
        super().__init__(
            f"the adapter {adapter} was trained on base weights {wanted[:12]}, "
            f"{base} has {found[:12]}",
            hint="give the checkpoint that it was trained from",
        )


class LibraryMissing(ModelError):
    """An optional library is asked for and not installed."""

    def __init__(self, name: str, *, purpose: str, extra: str) -> None:
        super().__init__(
            f"{purpose} needs {name}, which is not installed",
            hint=f"install it with: pip install 'foresight-studio[{extra}]'",
        )


class OutOfMemory(ModelError):
    """A job does not fit; what to change."""

    def __init__(self, what: str, *, hint: str) -> None:
        super().__init__(f"out of memory while {what}", hint=hint)


class MomentMissing(ModelError):
    """A recording has nothing to plan from at that time."""

    def __init__(self, episode: object, at_s: float, *, reason: str) -> None:
        super().__init__(
            f"cannot plan from {episode} at {at_s:g} s: {reason}",
            hint="choose another moment",
        )


class ComparisonImpossible(ModelError):
    """Two plans that answer different questions."""

    def __init__(self, file: object, what: str, *, there: object, here: object) -> None:
        super().__init__(
            f"cannot compare with {file}: {what} is {there} there and {here} here",
            hint="compare plans of the same episode, moment, seed and number of samples",
        )


class PlanFileInvalid(ModelError):
    """A file that should hold a saved plan and does not."""

    def __init__(self, file: object, *, reason: object) -> None:
        super().__init__(
            f"{file} holds no saved plan: {reason}",
            hint="give a file that foresight plan --out has written",
        )
