"""The policy server over a real socket on loopback."""

from __future__ import annotations

import asyncio
import threading
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import replace

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as sync_connect

from model.policy import Policy
from model.server import Inbox, Planning, PolicyServer
from recordings.packing import MAX_MESSAGE_BYTES, pack
from recordings.types import Plan
from recordings.wire import (
    ErrorReply,
    PlanRequest,
    Reply,
    ServerHello,
    Superseded,
    decode_reply,
    encode_request,
)

MakeRequest = Callable[..., PlanRequest]
PATIENCE_S = 20.0


def with_server(
    policy: Planning, talk: Callable[[str], Awaitable[None]], *, token: str = ""
) -> None:
    """Run a server on a free port and a conversation with it."""

    async def both() -> None:
        stop, url = asyncio.Event(), asyncio.get_running_loop().create_future()
        server = PolicyServer(policy, token=token)
        running = asyncio.create_task(
            server.run(host="127.0.0.1", port=0, ready=url.set_result, stop=stop)
        )
        try:
            await asyncio.wait_for(talk(await url), PATIENCE_S)
        finally:
            stop.set()
            await running

    asyncio.run(both())


async def answer(connection: ClientConnection) -> Reply:
    message = await asyncio.wait_for(connection.recv(), PATIENCE_S)
    assert isinstance(message, bytes)
    return decode_reply(message)


class SlowPolicy:
    """Plans like another policy, but only when told to."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.began = threading.Event()
        self.may_answer = threading.Event()

    @property
    def hello(self) -> ServerHello:
        return self._policy.hello

    def plan(self, request: PlanRequest) -> Plan:
        self.began.set()
        assert self.may_answer.wait(PATIENCE_S)
        return self._policy.plan(request)


def test_the_greeting_comes_first_and_a_plan_follows_a_request(
    policy: Policy, make_request: MakeRequest
) -> None:
    async def talk(url: str) -> None:
        async with connect(url) as connection:
            hello = await answer(connection)
            assert isinstance(hello, ServerHello)
            assert hello.policy == "test policy"
            await connection.send(encode_request(make_request(num_samples=2)))
            plan = await answer(connection)
            assert isinstance(plan, Plan)
            assert np.array_equal(plan.q, policy.plan(make_request(num_samples=2)).q)

    with_server(policy, talk)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("hello", "a text message"),
        (b"\xff\x00nonsense", "message"),
        (pack({"type": "request", "protocol": 1}), "missing"),
        (pack({"type": "plan", "protocol": 1}), "request"),
    ],
)
def test_a_message_that_is_no_request_is_answered_and_the_connection_stays(
    policy: Policy, make_request: MakeRequest, message: str | bytes, said: str
) -> None:
    async def talk(url: str) -> None:
        async with connect(url) as connection:
            await answer(connection)
            await connection.send(message)
            reply = await answer(connection)
            assert isinstance(reply, ErrorReply)
            assert said in reply.message
            await connection.send(encode_request(make_request()))
            assert isinstance(await answer(connection), Plan)

    with_server(policy, talk)


def test_a_request_that_cannot_be_planned_is_answered_with_what_to_do(
    policy: Policy, make_request: MakeRequest
) -> None:
    async def talk(url: str) -> None:
        async with connect(url) as connection:
            await answer(connection)
            await connection.send(encode_request(make_request(q=[np.nan] * 6, plan_id=9)))
            reply = await answer(connection)
            assert isinstance(reply, ErrorReply)
            assert (reply.plan_id, "not finite" in reply.message) == (9, True)
            assert reply.hint

    with_server(policy, talk)


def test_the_newest_waiting_request_wins(policy: Policy, make_request: MakeRequest) -> None:
    slow = SlowPolicy(policy)

    async def talk(url: str) -> None:
        async with connect(url) as connection:
            await answer(connection)
            await connection.send(encode_request(make_request(plan_id=1)))
            await asyncio.to_thread(slow.began.wait, PATIENCE_S)
            for number in (2, 3, 4):
                await connection.send(encode_request(make_request(plan_id=number)))
            overtaken = [await answer(connection) for _ in range(2)]
            slow.may_answer.set()
            plans = [await answer(connection) for _ in range(2)]
            assert overtaken == [Superseded(2), Superseded(3)]
            assert [plan.id for plan in plans if isinstance(plan, Plan)] == [1, 4]

    with_server(slow, talk)


def test_an_unforeseen_failure_is_an_answer_too(policy: Policy, make_request: MakeRequest) -> None:
    class Broken(SlowPolicy):
        def plan(self, request: PlanRequest) -> Plan:
            raise RuntimeError("out of memory")

    async def talk(url: str) -> None:
        async with connect(url) as connection:
            await answer(connection)
            await connection.send(encode_request(make_request()))
            reply = await answer(connection)
            assert isinstance(reply, ErrorReply)
            assert "out of memory" in reply.message

    with_server(Broken(policy), talk)


def test_a_message_above_the_cap_ends_only_its_own_connection(policy: Policy) -> None:
    def send_too_much(url: str) -> None:
        with sync_connect(url, compression=None, proxy=None, close_timeout=1.0) as connection:
            connection.recv(timeout=PATIENCE_S)
            connection.send(bytes(MAX_MESSAGE_BYTES + 1))
            connection.recv(timeout=PATIENCE_S)

    async def talk(url: str) -> None:
        with pytest.raises(ConnectionClosed):
            await asyncio.to_thread(send_too_much, url)
        async with connect(url) as connection:
            assert isinstance(await answer(connection), ServerHello)

    with_server(policy, talk)


def test_two_clients_are_served(policy: Policy, make_request: MakeRequest) -> None:
    async def talk(url: str) -> None:
        async with connect(url) as one, connect(url) as two:
            for connection in (one, two):
                await answer(connection)
            await one.send(encode_request(make_request(plan_id=1)))
            await two.send(encode_request(make_request(plan_id=2)))
            plans = [await answer(one), await answer(two)]
            assert [plan.id for plan in plans if isinstance(plan, Plan)] == [1, 2]

    with_server(policy, talk)


def test_a_client_that_leaves_mid_plan_disturbs_nobody(
    policy: Policy, make_request: MakeRequest
) -> None:
    slow = SlowPolicy(policy)

    async def talk(url: str) -> None:
        async with connect(url) as leaving:
            await answer(leaving)
            await leaving.send(encode_request(make_request()))
            await asyncio.to_thread(slow.began.wait, PATIENCE_S)
        slow.may_answer.set()
        async with connect(url) as staying:
            await answer(staying)
            await staying.send(encode_request(make_request(plan_id=5)))
            plan = await answer(staying)
            assert isinstance(plan, Plan)
            assert plan.id == 5

    with_server(slow, talk)


def test_health_is_told_over_http(policy: Policy) -> None:
    async def talk(url: str) -> None:
        address = url.replace("ws://", "http://") + "/healthz"
        response = await asyncio.to_thread(urllib.request.urlopen, address)
        with response:
            assert response.read() == b"ok\n"

    with_server(policy, talk, token="secret")


@pytest.mark.parametrize("scheme", ["Bearer", "Api-Key"])
def test_who_knows_the_token_comes_in(policy: Policy, scheme: str) -> None:
    async def talk(url: str) -> None:
        headers = {"Authorization": f"{scheme} secret"}
        async with connect(url, additional_headers=headers) as connection:
            assert isinstance(await answer(connection), ServerHello)

    with_server(policy, talk, token="secret")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer guess"}])
def test_who_does_not_know_the_token_stays_out(policy: Policy, header: dict[str, str]) -> None:
    async def talk(url: str) -> None:
        with pytest.raises(InvalidStatus) as caught:
            async with connect(url, additional_headers=header):
                pass
        assert caught.value.response.status_code == 401

    with_server(policy, talk, token="secret")


def test_an_inbox_holds_only_the_newest(make_request: MakeRequest) -> None:
    async def fill() -> None:
        inbox, request = Inbox(), make_request()
        assert inbox.put(request) is None
        assert inbox.put(replace(request, plan_id=2)) is request
        assert (await inbox.take()).plan_id == 2

    asyncio.run(fill())
