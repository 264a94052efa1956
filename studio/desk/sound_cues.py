"""Which fact is heard as which sound. Listens to the session; the sounds are ``widgets.sounds``."""

from __future__ import annotations

from PySide6.QtCore import QObject

from devices.commands import AuthorityChanged
from recordings.types import Authority, Fault
from studio.session import Session
from widgets.sounds import Sounds


class SoundCues(QObject):
    """Plays what happens: take-over, hand-back, start of a take, kept, discarded, fault."""

    def __init__(self, session: Session, sounds: Sounds) -> None:
        super().__init__(sounds)
        self._session = session
        self._sounds = sounds
        self._authority = session.status.authority
        self._active = session.teaching.active
        self._counts = (session.teaching.kept, session.teaching.discarded)
        session.authorityChanged.connect(self._on_session_authority_changed)
        session.faulted.connect(self._on_session_faulted)
        session.rigLost.connect(lambda _: sounds.play("fault"))
        session.teaching.changed.connect(self._on_teaching_changed)

    def _on_session_authority_changed(self, change: AuthorityChanged) -> None:
        before, self._authority = self._authority, change.authority
        if before is change.authority:
            return
        if change.authority is Authority.POLICY:
            self._sounds.play("hand_back")
        elif change.authority is Authority.LEADER and not self._session.teaching.demonstrating:
            self._sounds.play("take_over")

    def _on_session_faulted(self, fault: Fault) -> None:
        self._sounds.play("fault")

    def _on_teaching_changed(self) -> None:
        teaching = self._session.teaching
        kept, discarded = self._counts
        if teaching.kept > kept:
            self._sounds.play("kept")
        elif teaching.discarded > discarded:
            self._sounds.play("discarded")
        elif teaching.active and not self._active:
            self._sounds.play("episode_start")
        self._active = teaching.active
        self._counts = (teaching.kept, teaching.discarded)
