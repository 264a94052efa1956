"""A policy behind a websocket: greeting first, then a plan (or an error) per request.

The newest request wins: one that waits is overtaken, not queued. Bad requests are answered with an
error and the connection stays. ``GET /healthz`` says whether it is up. Inference runs in one
worker thread, so pings and newer requests are heard meanwhile. Knows no robot and no checkpoint
format. msgpack through :mod:`recordings.wire`, never pickle.
"""

from __future__ import annotations

import asyncio
import hmac
import http
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from model.errors import ModelError
from recordings.errors import WireError
from recordings.packing import MAX_MESSAGE_BYTES
from recordings.types import Plan
from recordings.wire import (
    PlanRequest,
    ServerHello,
    decode_request,
    encode_error,
    encode_hello,
    encode_plan,
    encode_superseded,
)

log = logging.getLogger(__name__)

PING_EVERY_S = 5.0


class Planning(Protocol):
    """What the server needs of a policy."""

    @property
    def hello(self) -> ServerHello: ...

    def plan(self, request: PlanRequest) -> Plan: ...


class Inbox:
    """The newest request of a connection; holds at most one."""

    def __init__(self) -> None:
        self._waiting: PlanRequest | None = None
        self._filled = asyncio.Event()

    def put(self, request: PlanRequest) -> PlanRequest | None:
        """Leave a request; returns the one it overtook."""
        overtaken, self._waiting = self._waiting, request
        self._filled.set()
        return overtaken

    async def take(self) -> PlanRequest:
        """The newest request, once there is one."""
        while self._waiting is None:
            await self._filled.wait()
            self._filled.clear()
        request, self._waiting = self._waiting, None
        return request


class PolicyServer:
    """Answers plan requests on one address. All methods run in one event loop."""

    def __init__(self, policy: Planning, *, token: str = "") -> None:
        self._policy = policy
        self._token = token
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="planner")

    async def run(
        self, *, host: str, port: int, ready: Callable[[str], None], stop: asyncio.Event
    ) -> None:
        """Serve until ``stop`` is set.

        Args:
            host: address to listen on; 127.0.0.1 keeps it on this machine.
            port: 0 takes a free one.
            ready: called with the websocket address once it answers.
            stop: set it to end.

        Raises:
            OSError: the address cannot be used.
        """
        try:
            async with serve(
                self._converse,
                host,
                port,
                process_request=self._admit,
                max_size=MAX_MESSAGE_BYTES,
                compression=None,
                ping_interval=PING_EVERY_S,
                close_timeout=1.0,
            ) as server:
                ready(_address(server, host))
                await stop.wait()
        finally:
            self._worker.shutdown(wait=True, cancel_futures=True)

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer the health check; turn away who does not know the token."""
        if request.path == "/healthz":
            return connection.respond(http.HTTPStatus.OK, "ok\n")
        given = request.headers.get("Authorization", "").partition(" ")[2]
        if self._token and not hmac.compare_digest(given.encode(), self._token.encode()):
            return connection.respond(
                http.HTTPStatus.UNAUTHORIZED, "give the token of this policy server\n"
            )
        return None

    async def _converse(self, connection: ServerConnection) -> None:
        """One client, from greeting to goodbye."""
        inbox = Inbox()
        await connection.send(encode_hello(self._policy.hello))
        answers = asyncio.create_task(self._answer(connection, inbox))
        try:
            async for message in connection:
                await self._receive(connection, inbox, message)
        except ConnectionClosed as closed:  # not a clean goodbye; nobody is left to be told
            log.info("a client is gone: %s", closed)
        finally:
            answers.cancel()
            await asyncio.gather(answers, return_exceptions=True)

    async def _receive(
        self, connection: ServerConnection, inbox: Inbox, message: str | bytes
    ) -> None:
        if isinstance(message, str):
            await connection.send(encode_error("a text message", "send msgpack bytes"))
            return
        try:
            request = decode_request(message)
        except WireError as error:
            await connection.send(encode_error(str(error), "send a request as documented"))
            return
        overtaken = inbox.put(request)
        if overtaken is not None:
            await connection.send(encode_superseded(overtaken.plan_id))

    async def _answer(self, connection: ServerConnection, inbox: Inbox) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                request = await inbox.take()
                reply = await loop.run_in_executor(self._worker, self._reply, request)
                await connection.send(reply)
        except ConnectionClosed:
            return

    def _reply(self, request: PlanRequest) -> bytes:
        """Plan, in the worker thread; every failure becomes a message."""
        try:
            return encode_plan(self._policy.plan(request))
        except ModelError as error:
            return encode_error(error.message, error.hint, plan_id=request.plan_id)
        except Exception as error:
            log.exception("planning failed")
            return encode_error(
                f"planning failed: {error or type(error).__name__}",
                "see the log of the policy server",
                plan_id=request.plan_id,
            )


def _address(server: Server, host: str) -> str:
    port = next(iter(server.sockets)).getsockname()[1]
    return f"ws://[{host}]:{port}" if ":" in host else f"ws://{host}:{port}"
