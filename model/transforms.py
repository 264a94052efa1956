"""Robot units ↔ the checkpoint's −1…1: the one place where an action changes its meaning.

States, actions and the prefix of a running plan go through the same :class:`UnitTransform`, so
that absolute and relative control modes cannot be mixed up. Knows no torch and no network.
"""

from __future__ import annotations

from model.tags import TagMetadata
from recordings.types import F32


class UnitTransform:
    """Scales for one tag; arrays are numpy, robot units are rad and gripper fraction."""

    def __init__(self, tag: TagMetadata) -> None:
        self.tag = tag

    def relative(self, actions: F32, state: F32) -> F32:
        """Robot-unit actions (…, H, n) as the tag counts them: minus ``state`` (…, n) for arm joints
        of a relative tag, gripper as it is; unchanged for an absolute tag. Statistics of actions are
        taken over these numbers.
        """
        raise NotImplementedError

    def normalise_state(self, state: F32) -> F32:
        """(…, n) robot units → (…, n) −1…1."""
        raise NotImplementedError

    def normalise_actions(self, actions: F32, state: F32) -> F32:
        """(…, H, n) robot units, absolute, and state (…, n) robot units → (…, H, n) −1…1."""
        raise NotImplementedError

    def restore_actions(self, normalised: F32, state: F32) -> F32:
        """Inverse of :meth:`normalise_actions`: (…, H, n) robot units, absolute."""
        raise NotImplementedError
