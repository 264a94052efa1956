"""Facts about the episode that is looked at, and how healthy it is, in plain sentences."""

from __future__ import annotations

import time

from recordings.health.alike import Pair
from recordings.health.sentences import Weight
from recordings.reader import Episode
from recordings.types import Authority, EpisodeInfo, EpisodePhase
from studio.demonstrations import DEMONSTRATOR, DRIVER
from studio.session import Session
from widgets import theme
from widgets.card import Card, ValueRow, label

_MARKS = {Weight.GOOD: "✓", Weight.NOTE: "·", Weight.WARN: "!", Weight.BAD: "✕"}
_TONES = {Weight.WARN: "attention", Weight.BAD: "danger"}
NOTHING_WRONG = "Nothing to complain about: rate, gaps, jumps, cameras and gripper are fine."


class EpisodeCard(Card):
    """One episode: what it is."""

    def __init__(self, session: Session) -> None:
        super().__init__("Episode")
        self._review = session.review
        self.title = label("", role="subtitle", wrap=True)
        self.body.addWidget(self.title)
        self.rows = {
            name: ValueRow(name)
            for name in ("Length", "Verdict", "Driven by", "Cameras", "Steps", "Recorded")
        }
        for row in self.rows.values():
            self.body.addWidget(row)
        self.problem = label("", tone="danger", wrap=True)
        self.body.addWidget(self.problem)
        self._review.opened.connect(lambda _: self.show_state())
        self._review.episodesChanged.connect(lambda _: self.show_state())
        self.show_state()

    def show_state(self) -> None:
        """Bring the card up to date."""
        selected = self._review.selected
        info = next((e for e in self._review.episodes if e.id == selected), None)
        self.title.setText(info.task or info.id if info else "Choose an episode")
        self.problem.setText(info.problem if info else "")
        self.problem.setVisible(bool(info and info.problem))
        values = _facts(info, self._review.episode) if info else {}
        for name, row in self.rows.items():
            text, tone = values.get(name, ("–", ""))
            row.set_value(text, tone=tone)


class HealthCard(Card):
    """One episode: what is wrong with it, and which other one it resembles."""

    def __init__(self, session: Session) -> None:
        super().__init__("Health")
        self._review = session.review
        self._inspecting = session.inspecting
        self._lines = [label("", wrap=True) for _ in range(8)]
        for line in self._lines:
            self.body.addWidget(line)
        self._review.opened.connect(lambda _: self.show_state())
        self._inspecting.judged.connect(self._on_inspecting_judged)
        self._inspecting.setJudged.connect(self.show_state)
        self.show_state()

    def show_state(self) -> None:
        """Bring the card up to date."""
        sentences = self._sentences()
        for line, (text, tone) in zip(self._lines, [*sentences, *[("", "")] * 8], strict=False):
            line.setText(text)
            line.setVisible(bool(text))
            theme.restyle(line, tone=tone)

    @property
    def text(self) -> str:
        """All sentences."""
        return "\n".join(line.text() for line in self._lines if line.text())

    def _sentences(self) -> list[tuple[str, str]]:
        """Words and their tone, the worst first."""
        name = self._review.selected
        if not name:
            return [("Choose an episode.", "quiet")]
        health = self._inspecting.health(name)
        if health is None:
            return [("Looking into it…", "quiet")]
        told = [
            (f"{_MARKS[r.weight]} {r.sentence}", _TONES.get(r.weight, "")) for r in health.remarks
        ]
        told = told or [(f"{_MARKS[Weight.GOOD]} {NOTHING_WRONG}", "ok")]
        return told + [(_alike(name, pair), "attention") for pair in self._inspecting.alike(name)]

    def _on_inspecting_judged(self, episode_id: str) -> None:
        if episode_id == self._review.selected:
            self.show_state()


def _alike(name: str, pair: Pair) -> str:
    other = pair.second if pair.first == name else pair.first
    if pair.identical:
        return f"! The same recording as {other}: training would see it twice."
    return f"! Nearly the same movement as {other}: does it show anything new?"


def _facts(info: EpisodeInfo, episode: Episode | None) -> dict[str, tuple[str, str]]:
    """Value and tone per row of the episode card."""
    verdict = {True: ("success", "ok"), False: ("failure", "danger"), None: ("not marked", "")}
    kept = info.phase is EpisodePhase.KEPT
    word, tone = verdict[info.success]
    facts = {
        "Length": (f"{info.duration_s:.1f} s" + (", trimmed" if info.trimmed else ""), ""),
        "Verdict": (
            f"{'kept' if kept else info.phase.value} · {word}",
            tone or ("ok" if kept else ""),
        ),
        "Cameras": (", ".join(info.cameras), ""),
        "Steps": (f"{info.steps:,}, {info.frames:,} frames", ""),
        "Recorded": (_recorded(info), ""),
    }
    if episode is not None and episode.info.id == info.id:
        hz = episode.robot.control_hz
        facts["Steps"] = (f"{info.steps:,} at {hz:.0f} Hz, {info.frames:,} frames", "")
        facts["Driven by"] = (_drivers(episode), "")
    return facts


def _recorded(info: EpisodeInfo) -> str:
    when = time.strftime("%d %b %Y, %H:%M", time.localtime(info.created_wall_s))
    return f"{when}, by {info.operator}" if info.operator else when


def _drivers(episode: Episode) -> str:
    """Who moved the arm in this episode, in words."""
    notes = [event["data"] for event in episode.events if event["kind"] == DRIVER]
    shown = any(note.get("leader") == DEMONSTRATOR for note in notes)
    words = {
        Authority.LEADER: "the demonstrator" if shown else "you",
        Authority.POLICY: "the policy",
    }
    present = {Authority(int(value)) for value in set(episode.authority.tolist())}
    return " and ".join(words[who] for who in words if who in present) or "nobody"
