"""The simulated cameras: the ``Camera`` protocol in front of the render process.

:class:`CameraRoom` owns the child process and its shared memory while any camera is connected;
:class:`SimCamera` waits for that camera's next picture. Knows no physics; whoever moves the world
shows the positions with :meth:`CameraRoom.show`.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
import time
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Semaphore

from devices.description import F64
from devices.errors import ConnectFailed, NotConnected, ReadFailed
from devices.sim import render_process
from devices.sim.pose_block import PoseBlock
from devices.sim.render_process import READY, STOP, RenderJob
from recordings.frame_ring import FrameRing
from recordings.shared_block import block_name
from recordings.types import CameraSpec, Frame

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 2.0
RING_SLOTS = 8


class CameraRoom:
    """All simulated cameras of one bench. CLOSED ⇄ OPEN; opened by the first camera that connects.

    ``show`` belongs to the control thread, ``open`` and ``leave`` to any.
    """

    def __init__(self, cameras: tuple[CameraSpec, ...], *, qpos: F64) -> None:
        """A closed room.

        Args:
            cameras: one size and rate for all of them.
            qpos: (nq,) positions drawn until others are shown.
        """
        self._cameras = cameras
        self._qpos = qpos.copy()
        self._lock = threading.Lock()
        self._inside = 0
        self._poses: PoseBlock | None = None
        self._rings: dict[str, FrameRing] = {}
        self._arrived: dict[str, Semaphore] = {}
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the renderer while the room is open."""
        return self._process.pid if self._process is not None else None

    @property
    def is_drawing(self) -> bool:
        return self._process is not None and self._process.is_alive()

    def show(self, qpos: F64, t_ns: int) -> None:
        """Draw these positions (nq,) from now on. Costs a few microseconds."""
        self._qpos = qpos
        if self._poses is not None:
            self._poses.write(qpos, t_ns)

    def enter(self) -> None:
        """One more camera is connected; the first one starts the process and waits for it.

        Raises:
            ConnectFailed: the process cannot draw.
        """
        with self._lock:
            if self._inside == 0:
                self._open()
            self._inside += 1

    def leave(self) -> None:
        """One camera less; the last one ends the process and removes the shared memory."""
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._close()

    def next_frame(self, camera: str, index: int, *, timeout_s: float) -> Frame | None:
        """Picture ``index`` of a camera or, when that was overwritten, the next one still there.

        Raises:
            ReadFailed: the process is gone.
        """
        deadline_s = time.monotonic() + timeout_s
        while self._arrived[camera].acquire(timeout=max(0.0, deadline_s - time.monotonic())):
            frame = self._rings[camera].read(index)
            if frame is not None:
                return frame
            index += 1
        if not self.is_drawing:
            raise ReadFailed(f"camera {camera}", reason="the render process ended")
        return None

    def _open(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._rings = {
            spec.name: FrameRing.create(spec, name=block_name(f"v{number}"), slots=RING_SLOTS)
            for number, spec in enumerate(self._cameras)
        }
        self._arrived = {spec.name: spawn.Semaphore(0) for spec in self._cameras}
        poses = PoseBlock.create(len(self._qpos))
        poses.write(self._qpos, time.monotonic_ns())
        self._poses = poses
        job = RenderJob(
            poses=poses.handle,
            rings=tuple(ring.handle for ring in self._rings.values()),
            arrived=tuple(self._arrived.values()),
        )
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=render_process.main, args=(job, theirs), name="foresight-cameras"
        )
        self._process.start()
        theirs.close()
        answer = self._first_answer(self._pipe)
        if answer != READY:
            self._close()
            raise ConnectFailed("simulated cameras", reason=answer)

    def _first_answer(self, pipe: Connection) -> str:
        if not pipe.poll(START_TIMEOUT_S):
            return f"no picture within {START_TIMEOUT_S:.0f} s"
        try:
            return str(pipe.recv())
        except EOFError:
            return "the render process ended at once"

    def _close(self) -> None:
        if self._process is not None and self._pipe is not None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # gone already
                self._pipe.send(STOP)
            self._process.join(STOP_TIMEOUT_S)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
            self._process.close()
            self._pipe.close()
        poses, rings = self._poses, tuple(self._rings.values())
        self._process = self._pipe = self._poses = None
        self._rings, self._arrived = {}, {}
        for block in (*((poses,) if poses else ()), *rings):
            block.close()
            block.unlink()


class SimCamera:
    """One simulated camera, read by its own thread."""

    def __init__(self, spec: CameraSpec, *, room: CameraRoom) -> None:
        self._spec = spec
        self._room = room
        self._connected = False
        self._next = 0  # index of the next picture
        self._reading = threading.Lock()  # the pictures' memory goes only when nobody reads it

    @property
    def spec(self) -> CameraSpec:
        return self._spec

    @property
    def room(self) -> CameraRoom:
        """Where its pictures are drawn."""
        return self._room

    def connect(self) -> None:
        """Enter the room.

        Raises:
            ConnectFailed: the render process does not draw.
        """
        if not self._connected:
            self._room.enter()
            self._next, self._connected = 0, True

    def read(self, timeout_s: float) -> Frame | None:
        """The next picture, or None when none came in time.

        Raises:
            NotConnected: before ``connect``, after ``close``.
            ReadFailed: the render process is gone.
        """
        with self._reading:
            if not self._connected:
                raise NotConnected(f"camera {self._spec.name}")
            frame = self._room.next_frame(self._spec.name, self._next, timeout_s=timeout_s)
            if frame is not None:
                self._next = frame.index + 1
            return frame

    def close(self) -> None:
        """Leave the room, after the read of another thread that is under way."""
        if self._connected:
            self._connected = False  # that read is the last
            with self._reading:
                self._room.leave()
