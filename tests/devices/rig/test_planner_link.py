"""The line to a policy server: a real websocket, a real thread, a server that misbehaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from websockets.sync.server import Server, ServerConnection, serve

from devices.planner_link import PlannerLink
from devices.planning.checks import PlanInspector
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
from recordings.types import Frame, JointState, Observation, Plan, RobotSpec, frozen_f32
from recordings.wire import (
    PlanRequest,
    ServerHello,
    decode_request,
    encode_error,
    encode_hello,
    encode_plan,
)

PATIENCE_S = 30.0
Answer = Callable[[PlanRequest], bytes | str | None]


class PolicyServer:
    """Greets, then answers every request with ``answer``; None hangs up."""

    def __init__(self, robot: RobotSpec) -> None:
        self.robot = robot
        self.answer: Answer = good_plan
        self.requests: list[PlanRequest] = []
        self.keys: list[str | None] = []
        self.hold = threading.Event()
        self.hold.set()
        self._server: Server = serve(self._talk, "127.0.0.1", 0)
        self.port: int = self._server.socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.hold.set()
        self._server.shutdown()
        self._thread.join()

    def _talk(self, connection: ServerConnection) -> None:
        self.keys.append(connection.request.headers.get("Authorization"))
        low, high = self.robot.lower, self.robot.upper
        hello = ServerHello("test policy", self.robot, 0.1, 30, 96, low, high)
        connection.send(encode_hello(hello))
        for message in connection:
            request = decode_request(message)
            self.requests.append(request)
            self.hold.wait(PATIENCE_S)
            reply = self.answer(request)
            if reply is None:
                return
            connection.send(reply)


def plan_for(request: PlanRequest, q: np.ndarray | None = None, **changes: object) -> bytes:
    rows = np.tile(request.observation.state.q, (30, 1)) if q is None else q
    fields = {"id": request.plan_id, "epoch": request.epoch, **changes}
    plan = Plan(q=frozen_f32(rows), dt_s=0.1, observed_ns=5, policy="test policy", **fields)
    return encode_plan(plan)


def good_plan(request: PlanRequest) -> bytes:
    return plan_for(request)


@pytest.fixture
def server(small_robot) -> Iterator[PolicyServer]:
    made = PolicyServer(small_robot)
    yield made
    made.close()


@pytest.fixture
def open_link(small_robot) -> Iterator[Callable[..., PlannerLink]]:
    links: list[PlannerLink] = []

    def open_(url: str, *, robot: RobotSpec = small_robot, token: str = "") -> PlannerLink:
        inspector = PlanInspector(small_robot, kinematics=None)
        links.append(PlannerLink(url, token=token, robot=robot, inspector=inspector))
        return links[-1]

    yield open_
    for link in links:
        link.close()
        assert link.join(PATIENCE_S)


def next_news(link: PlannerLink) -> PlannerNews:
    """Waits like the control loop looks: again and again, never blocking."""
    pause = threading.Event()
    for _ in range(round(PATIENCE_S * 100)):
        news = link.poll()
        if news is not None:
            return news
        pause.wait(0.01)
    raise AssertionError("the link had nothing to tell")


def inquiry(robot: RobotSpec, plan_id: int = 1, *, epoch: int = 4) -> Inquiry:
    q = frozen_f32([0.0, 0.3, -0.2, 0.5])
    image = np.zeros((24, 32, 3), np.uint8)
    frames = {c.name: Frame(c.name, image, 77, 3) for c in robot.cameras}
    request = PlanRequest(
        observation=Observation(JointState(q, t_ns=123), frames, "turn"),
        epoch=epoch,
        plan_id=plan_id,
        prefix=None,
        prefix_dt_s=0.1,
        delay_steps=0,
        num_samples=1,
        seed=0,
    )
    return Inquiry(request, start_q=q)


def test_a_server_greets_and_answers_with_a_checked_plan(server, open_link, small_robot):
    link = open_link(server.url)
    assert isinstance(next_news(link), PlannerReady)
    link.submit(inquiry(small_robot))
    news = next_news(link)
    assert isinstance(news, PlanArrived)
    assert news.proposed.report.may_run
    assert link.delay_s > 0


def test_times_in_a_plan_are_the_robots_own(server, open_link, small_robot):
    link = open_link(server.url)
    next_news(link)
    link.submit(inquiry(small_robot))
    assert next_news(link).proposed.plan.observed_ns == 123


def test_the_token_travels_in_the_header(server, open_link):
    link = open_link(server.url, token="secret")
    next_news(link)
    assert server.keys == ["Api-Key secret"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda r: plan_for(r, np.full((30, 4), np.nan)), PlanRejected),
        (lambda r: plan_for(r, np.zeros((30, 9))), PlanRejected),
        (lambda r: plan_for(r, epoch=r.epoch - 1), PlanMissed),
        (lambda r: plan_for(r, id=r.plan_id - 1), PlanMissed),
        (lambda r: encode_error("out of memory", "use a smaller picture"), PlanMissed),
        (lambda r: b"\xc1 not msgpack", PlannerLost),
        (lambda r: "a traceback as text", PlannerLost),
        (lambda r: None, PlannerLost),
    ],
)
def test_a_bad_answer_is_named_for_what_it_is(server, open_link, small_robot, answer, kind):
    link = open_link(server.url)
    next_news(link)
    server.answer = answer
    link.submit(inquiry(small_robot, 7))
    assert isinstance(next_news(link), kind)


def test_the_newest_request_wins(server, open_link, small_robot):
    link = open_link(server.url)
    next_news(link)
    server.hold.clear()
    link.submit(inquiry(small_robot, 1))
    pause = threading.Event()
    while not server.requests:
        pause.wait(0.01)
    for number in (2, 3, 4):
        link.submit(inquiry(small_robot, number))
    server.hold.set()
    answered = [next_news(link).proposed.plan.id for _ in range(2)]
    assert answered == [1, 4]


def test_a_lost_server_is_told_once_and_called_again(server, open_link, small_robot):
    link = open_link(server.url)
    next_news(link)
    server.answer = lambda request: None
    link.submit(inquiry(small_robot, 1))
    assert isinstance(next_news(link), PlannerLost)
    assert isinstance(next_news(link), PlannerReady)
    server.answer = good_plan
    link.submit(inquiry(small_robot, 2))
    assert next_news(link).proposed.plan.id == 2


def test_a_policy_of_another_robot_is_refused_naming_both(server, open_link, small_robot):
    other = RobotSpec("other arm", small_robot.joints, small_robot.cameras, 100.0)
    news = next_news(open_link(server.url, robot=other))
    assert isinstance(news, PlannerRefused)
    assert "other arm" in news.fault.message
    assert "small" in news.fault.message


def test_no_server_at_all_is_told_with_its_address(open_link):
    news = next_news(open_link("ws://127.0.0.1:9"))
    assert isinstance(news, PlannerLost)
    assert "127.0.0.1:9" in news.fault.message


def test_submitting_and_polling_never_wait(server, open_link, small_robot):
    link = open_link(server.url)
    next_news(link)
    server.hold.clear()
    for number in range(200):
        link.submit(inquiry(small_robot, number))
    assert link.poll() is None
