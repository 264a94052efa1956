"""The rig's line to a policy server: one thread, a websocket, the latest request wins.

Plans are decoded and checked here, so that neither the network nor kinematics ever delays a control
tick. A lost server is reported and called again with growing pauses; whether motion resumes is not
decided here. Knows no arm, no authority and no approval.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from collections import deque

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from devices.errors import DeviceError, PlanInvalid, PlannerFailed, PlannerMismatch
from devices.planning.checks import PlanContext, PlanInspector
from devices.planning.join import warm_up
from devices.planning.planner import (
    Inquiry,
    PlanArrived,
    PlanMissed,
    PlannerLost,
    PlannerNews,
    PlannerReady,
    PlannerRefused,
    PlanRejected,
)
from recordings.errors import WireError
from recordings.types import Plan, RobotSpec
from recordings.wire import (
    ErrorReply,
    ServerHello,
    Superseded,
    decode_hello,
    decode_reply,
    encode_request,
)

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 16 * 2**20
OPEN_TIMEOUT_S = 5.0
FIRST_REPLY_S = 20.0  # a policy compiles or warms up on its first plan
NOTICE_S = 0.25  # how soon a waiting link notices that it is being closed
REPLY_S = 3.0  # shortest patience afterwards
PATIENCE = 4.0  # times the longest recent answer
ROUND_TRIPS = 16  # answers the delay estimate looks back on
RETRY_S = (0.2, 0.5, 1.0, 2.0)


class PlannerLink:
    """A :class:`~devices.planning.planner.Planner` behind a websocket address."""

    def __init__(
        self, url: str, *, token: str = "", robot: RobotSpec, inspector: PlanInspector
    ) -> None:
        self._url = url
        self._token = token
        self._robot = robot
        self._inspector = inspector
        self._news: deque[PlannerNews] = deque()
        self._waiting: Inquiry | None = None
        self._wake = threading.Condition()
        self._closing = threading.Event()
        self._round_trips: deque[float] = deque(maxlen=ROUND_TRIPS)
        self._delay_s = 0.0
        self._thread = threading.Thread(target=self._run, name="planner-link", daemon=True)
        self._thread.start()

    @property
    def delay_s(self) -> float:
        return self._delay_s

    def submit(self, inquiry: Inquiry) -> None:
        with self._wake:
            self._waiting = inquiry
            self._wake.notify()

    def poll(self) -> PlannerNews | None:
        try:
            return self._news.popleft()
        except IndexError:
            return None

    def close(self) -> None:
        self._closing.set()
        with self._wake:
            self._wake.notify()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end after :meth:`close`; True when it did."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # ── the thread ─────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        attempt = 0
        while not self._closing.is_set():
            try:
                with self._open() as connection:
                    hello = self._greet(connection)
                    attempt = 0
                    self._converse(connection, hello)
            except PlannerMismatch as error:
                self._news.append(PlannerRefused(error.to_fault(t_ns=time.monotonic_ns())))
                return
            except (OSError, WebSocketException, WireError, DeviceError) as error:
                self._report_loss(error, first=attempt == 0)
            except Exception as error:  # top of this thread: it never dies silently
                log.exception("planner link")
                self._report_loss(error, first=attempt == 0)
            self._closing.wait(RETRY_S[min(attempt, len(RETRY_S) - 1)])
            attempt += 1

    def _open(self) -> ClientConnection:
        headers = {"Authorization": f"Api-Key {self._token}"} if self._token else None
        return connect(
            self._url,
            additional_headers=headers,
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=0.5,
            proxy=None,
        )

    def _greet(self, connection: ClientConnection) -> ServerHello:
        hello = decode_hello(_as_bytes(connection.recv(timeout=OPEN_TIMEOUT_S)))
        mismatch = self._robot.mismatch(hello.robot)
        if mismatch is not None:
            raise PlannerMismatch(hello.policy, mismatch=mismatch)
        self._round_trips.clear()
        warm_up(hello.horizon, dt_s=hello.dt_s)
        self._news.append(PlannerReady(hello))
        return hello

    def _converse(self, connection: ClientConnection, hello: ServerHello) -> None:
        while (inquiry := self._next_inquiry()) is not None:
            sent_s = time.monotonic()
            connection.send(encode_request(inquiry.request))
            message = self._receive(connection, patience_s=self._patience_s())
            if message is None:
                return
            reply = decode_reply(message)
            self._news.append(self._judge(reply, inquiry, hello))
            self._round_trips.append(time.monotonic() - sent_s)
            self._delay_s = max(self._round_trips)

    def _receive(self, connection: ClientConnection, *, patience_s: float) -> bytes | None:
        """The next message; None when closing.

        Raises:
            TimeoutError: none came in time.
        """
        deadline_s = time.monotonic() + patience_s
        while not self._closing.is_set():
            left_s = deadline_s - time.monotonic()
            try:
                return _as_bytes(connection.recv(timeout=min(NOTICE_S, max(left_s, 0.0))))
            except TimeoutError:
                if left_s <= NOTICE_S:
                    raise
        return None

    def _next_inquiry(self) -> Inquiry | None:
        """The newest request once there is one; None when closing."""
        with self._wake:
            self._wake.wait_for(lambda: self._waiting is not None or self._closing.is_set())
            inquiry, self._waiting = self._waiting, None
        return None if self._closing.is_set() else inquiry

    def _patience_s(self) -> float:
        if not self._round_trips:
            return FIRST_REPLY_S
        return max(REPLY_S, PATIENCE * max(self._round_trips))

    def _judge(self, reply: object, inquiry: Inquiry, hello: ServerHello) -> PlannerNews:
        plan_id = inquiry.request.plan_id
        match reply:
            case Plan() as plan if (plan.id, plan.epoch) == (plan_id, inquiry.request.epoch):
                return self._check(plan, inquiry, hello)
            case Plan() as plan:
                return PlanMissed(plan_id, f"the server answered with plan {plan.id}")
            case Superseded():
                return PlanMissed(plan_id, "superseded")
            case ErrorReply() as error:
                return PlanMissed(plan_id, f"{error.message} {error.hint}".strip())
            case _:
                return PlanMissed(plan_id, f"the server answered with a {type(reply).__name__}")

    def _check(self, plan: Plan, inquiry: Inquiry, hello: ServerHello) -> PlannerNews:
        """Times are the robot's own: a server never stamps them."""
        state = inquiry.request.observation.state
        own = dataclasses.replace(plan, observed_ns=state.t_ns, dt_s=hello.dt_s)
        context = PlanContext(
            start_q=inquiry.start_q,
            start_row=inquiry.request.delay_steps,
            familiar_low=hello.state_low,
            familiar_high=hello.state_high,
        )
        try:
            return PlanArrived(self._inspector.inspect(own, context))
        except PlanInvalid as error:
            return PlanRejected(plan.id, error.to_fault(t_ns=time.monotonic_ns()))

    def _report_loss(self, error: Exception, *, first: bool) -> None:
        """Once per loss: the calls after it fail quietly until one succeeds."""
        if first and not self._closing.is_set():
            timed_out = isinstance(error, TimeoutError)
            reason = "no answer in time" if timed_out else str(error) or type(error).__name__
            fault = PlannerFailed(self._url, reason=reason).to_fault(t_ns=time.monotonic_ns())
            self._news.append(PlannerLost(fault))


def _as_bytes(message: str | bytes) -> bytes:
    if isinstance(message, str):
        raise WireError("message", value=message[:200], expected="bytes")
    return message
