"""Emulated network cameras put together: film, listeners, and troubles on demand.

:class:`CameraStand` runs in this process, :class:`CameraStandProcess` in one of its own, as a real
camera would; both have the same ``start``, ``stop``, ``urls`` and ``set_trouble``.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from devices.emulators.camera_troubles import Script, Trouble
from devices.emulators.film import START_TIMEOUT_S, Film, Reel
from devices.emulators.mjpeg import MjpegCamera
from devices.emulators.pictures import Pictures, TestCard
from devices.errors import ConnectFailed, DeviceError

OBEY_S = 0.05  # how soon a listener follows a scripted refusal
STOP_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class StandPlan:
    """What the cameras are; travels to the child process."""

    cameras: tuple[str, ...]
    width: int = 640  # px
    height: int = 480  # px
    fps: float = 30.0
    pictures: Pictures = field(default_factory=TestCard)
    scripts: Mapping[str, Script] = field(default_factory=dict[str, Script])
    ports: Mapping[str, int] = field(default_factory=dict[str, int])  # absent: any free one


class CameraStand:
    """Emulated cameras with threads of this process."""

    def __init__(self, plan: StandPlan) -> None:
        reels = {name: Reel(name, plan.scripts.get(name, ())) for name in plan.cameras}
        size = (plan.width, plan.height)
        self._film = Film(plan.pictures, tuple(reels.values()), size=size, fps=plan.fps)
        self._cameras = {
            name: MjpegCamera(reel, port=plan.ports.get(name, 0)) for name, reel in reels.items()
        }
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None

    @property
    def urls(self) -> dict[str, str]:
        """Camera → address of its stream, known after ``start``."""
        return {name: camera.url for name, camera in self._cameras.items()}

    def start(self) -> dict[str, str]:
        """Draw and listen; returns the addresses.

        Raises:
            ConnectFailed: a port is taken, or the pictures cannot be drawn.
            RenderFailed: no off-screen OpenGL for the scene.
        """
        self._film.start()
        try:
            for camera in self._cameras.values():
                camera.listen()
        except OSError as error:
            self.stop()
            raise ConnectFailed("emulated camera", reason=str(error)) from error
        self._keeper = threading.Thread(target=self._keep, name="camera-stand", daemon=True)
        self._keeper.start()
        return self.urls

    def set_trouble(self, camera: str, trouble: Trouble) -> None:
        """Let one camera misbehave from now on; NONE repairs it."""
        self._cameras[camera].reel.set_trouble(trouble)

    def stop(self) -> None:
        """Close everything; may be called twice."""
        self._stopping.set()
        if self._keeper is not None:
            self._keeper.join()
            self._keeper = None
        self._film.stop()
        for camera in self._cameras.values():
            camera.close()

    def _keep(self) -> None:
        while not self._stopping.wait(OBEY_S):
            for camera in self._cameras.values():
                camera.obey()


class CameraStandProcess:
    """Emulated cameras in a child process, which ends with its parent."""

    def __init__(self, plan: StandPlan) -> None:
        self._plan = plan
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._urls: dict[str, str] = {}

    @property
    def urls(self) -> dict[str, str]:
        return dict(self._urls)

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> dict[str, str]:
        """Start the process; returns the addresses when it listens.

        Raises:
            ConnectFailed: it does not, with its reason.
        """
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        process = spawn.Process(target=_main, args=(self._plan, theirs), name="emulated-cameras")
        self._process = process
        process.start()
        theirs.close()
        answer = self._first_answer(self._pipe)
        if not isinstance(answer, dict):
            self.stop()
            raise ConnectFailed("emulated cameras", reason=str(answer))
        self._urls = answer
        return self.urls

    def set_trouble(self, camera: str, trouble: Trouble) -> None:
        """Let one camera misbehave from now on; NONE repairs it."""
        if self._pipe is not None:
            self._pipe.send((camera, trouble))

    def stop(self) -> None:
        """End the process; may be called twice."""
        process, self._process = self._process, None
        if process is None or self._pipe is None:
            return
        self._pipe.close()  # the child reads the end and leaves
        process.join(STOP_TIMEOUT_S)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()

    def _first_answer(self, pipe: Connection) -> object:
        if not pipe.poll(START_TIMEOUT_S):
            return f"they did not start within {START_TIMEOUT_S:.0f} s"
        try:
            return pipe.recv()
        except EOFError:
            return "the process ended at once"


def _main(plan: StandPlan, parent: Connection) -> None:
    """Top of the child: obey until the parent closes the pipe or is gone."""
    stand = CameraStand(plan)
    try:
        parent.send(stand.start())
    except DeviceError as error:
        parent.send(error.message)
        return
    try:
        with contextlib.suppress(EOFError, ConnectionResetError):
            while True:
                camera, trouble = parent.recv()
                stand.set_trouble(camera, trouble)
    finally:
        stand.stop()
