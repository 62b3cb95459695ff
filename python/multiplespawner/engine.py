"""The engine as one hub sees it: its sessions kept in memory, fresh by one event stream."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from tornado.ioloop import PeriodicCallback

from .daemon import LocalDaemon
from .errors import EngineError, EngineSilent
from .events import EventParser
from .session import ENDED, Session
from .transport import Transport, query

# The stream is renewed now and then, so that one that died unseen holds its connection no longer.
STREAM_SECONDS = 600.0
# The engine sends a heartbeat every 15 s: three missed, and the stream is taken for dead.
SILENCE_SECONDS = 45.0
# How often the engine is told which sessions are still this hub's.
KEEP_SECONDS = 60.0
# A stop takes as long as the undoing does.
STOP_SECONDS = 600.0
# Why a start is not begun.
NOT_ENDED = (
    "the last server is still being ended, for its machine cannot be reached; try again in a while"
)
# How long the first start of a hub waits for the stream; a start needs it not, only its progress.
FIRST_WORD_SECONDS = 2.0
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0


class Engine:
    """One per hub and engine. Sessions are learned from the stream; calls only ask for changes."""

    def __init__(
        self, hub: str, transport: Transport, daemon: LocalDaemon | None, log: logging.Logger
    ) -> None:
        self.hub = hub
        self.transport = transport
        self.daemon = daemon
        self.log = log
        self.sessions: dict[str, Session] = {}
        self.owners: dict[tuple[str, str], Session] = {}
        self.claimed: set[str] = set()
        self._connections = 0
        self._sent: dict[str, asyncio.Future[Any]] = {}
        self._synchronised = asyncio.Event()
        self._events = EventParser()
        self._heard = 0.0
        self._hear: Callable[[bytes], None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._keeper = PeriodicCallback(self._keep, KEEP_SECONDS * 1000)

    def connect(self) -> None:
        """Keep the event stream open from now on; unlike construction it needs the event loop."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._listen_always())
            self._keeper.start()

    async def synchronised(self, seconds: float) -> bool:
        """Whether a first snapshot has come within this time; from then on memory can be asked."""
        self.connect()
        if not self._synchronised.is_set():
            first = asyncio.ensure_future(self._synchronised.wait())
            await asyncio.wait([first], timeout=seconds)
            first.cancel()
        return self._synchronised.is_set()

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        timeout: float = 60.0,
        patience: float = 15.0,
    ) -> Any:
        """One call, repeated while the engine is silent: every call of the wire may come twice."""
        self.connect()
        return await self._insist(
            lambda: self.transport.call(method, path, body, timeout), patience
        )

    async def _insist(self, ask: Callable[[], Awaitable[Any]], patience: float) -> Any:
        loop = asyncio.get_running_loop()
        deadline, pause = loop.time() + patience, FIRST_PAUSE
        while True:
            try:
                return await ask()
            except EngineSilent:
                if loop.time() >= deadline:
                    raise
            if self.daemon is not None:
                await self.daemon.ensure()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def begin(self, session: Session, request: dict[str, Any]) -> None:
        """Ask for a start without waiting for anything, where that can be; `start` is to follow."""
        self.connect()
        session.live = True
        self.claimed.add(session.id)
        if self._synchronised.is_set():
            self.sessions[session.id] = session
            self._put_once(session, request)

    async def start(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """Start and return the session's data once it runs; EngineError tells why it does not.

        The caller's time limit is the only one: while the engine is away, or has undone what its
        restart cut off, the same id is asked for again; the engine says whether it starts afresh.
        """
        session.live = True
        self.claimed.add(session.id)
        # Once connected this returns at once; before that, the first steps would go untold.
        await self.synchronised(FIRST_WORD_SECONDS)
        while True:
            connections = self._connections
            self.sessions[session.id] = session
            session.live = True
            if session.id not in self._sent:  # else the stream may have told of it already
                session.data = None
            try:
                answer = await self._put(session, request)
            except (EngineError, EngineSilent):
                self._end(session, "failed", request)
                raise
            if session.data is None:  # else the stream was quicker, and knows better
                self._learn(answer, session)
            while session.live and session.state != "running" and not session.failing:
                await session.change()
            if session.data and session.state == "running":
                return session.data
            if session.data and session.failing:
                raise EngineError.of(session.data)  # what is still being undone, `stop` waits for
            # What the engine's own end cut off, it does not start again by itself; the news of that may
            # come late, after it was asked anew.
            cut_off = "interrupted" in (answer.get("reason"), (session.data or {}).get("reason"))
            if answer["state"] in ENDED and not cut_off:
                raise EngineError.of(answer)
            same = connections == self._connections and answer["state"] != "stopping"
            if session.data and same and not cut_off:
                raise EngineError.of(session.data)
            self.log.warning("Asking the engine again for session %s", session.id)

    async def _put(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return await self._insist(lambda: self._send(session, request), math.inf)
        except EngineError as error:
            if error.status != 409:
                raise
        # The hub says that this server does not run, so what the engine still holds is a leftover.
        owner = query(hub=self.hub, user=request["user"], server=request["server"])
        for other in (await self.call("GET", f"/v1/sessions{owner}"))["sessions"]:
            if other["id"] in self.claimed:  # a server of this hub under another name: no leftover
                continue
            if other["id"] != session.id and other["state"] not in ENDED:
                self.log.warning("Removing the leftover session %s", other["id"])
                await self._clear(Session(other["id"]), max(1, request["start_timeout"] - 1))
        return await self._insist(lambda: self._send(session, request), math.inf)

    async def _clear(self, leftover: Session, seconds: float) -> None:
        """End it, or say that it cannot be ended now, before the hub gives up without a reason."""
        ending = asyncio.ensure_future(self.stop(leftover))
        try:
            await asyncio.wait([ending], timeout=seconds)
            if not ending.done():
                raise EngineError("unavailable", NOT_ENDED)
            ending.result()
        finally:
            ending.cancel()

    def _put_once(self, session: Session, request: dict[str, Any]) -> asyncio.Future[Any]:
        """The request that is on its way, or a new one."""
        if session.id not in self._sent:
            path = f"/v1/sessions/{quote(session.id, safe='')}"
            sent = asyncio.ensure_future(self.transport.call("PUT", path, request))
            self._sent[session.id] = sent
        return self._sent[session.id]

    async def _send(self, session: Session, request: dict[str, Any]) -> dict[str, Any]:
        """What is on its way cannot be called back, so a cancel leaves it to `stop` to await it."""
        sent = self._put_once(session, request)
        try:
            await asyncio.wait([sent])
            return sent.result()
        finally:
            if sent.done():
                self._sent.pop(session.id, None)

    async def stop(self, session: Session, now: bool = False) -> None:
        """Return when it is gone, which is also when the engine has never heard of it."""
        sent = self._sent.pop(session.id, None)
        if sent is not None:
            await asyncio.wait([sent])
            sent.exception()  # whatever came of it, it has arrived, and can be undone
        path = f"/v1/sessions/{quote(session.id, safe='')}" + ("?now=true" if now else "")
        try:
            answer = await self.call("DELETE", path, timeout=STOP_SECONDS, patience=120.0)
        except EngineError as error:
            if error.status != 404:
                raise
            self._end(session, "stopped", {})
        else:
            self._learn(answer, session)

    async def adopt(self, session: Session, identity: dict[str, Any], lifetime: int | None) -> None:
        """Make the engine take over what the hub saved; EngineError 404 when that is gone."""
        path = f"/v1/sessions/{quote(session.id, safe='')}/adopt"
        body = {**identity, "state": session.saved, "lifetime": lifetime}
        answer = await self.call("POST", path, body)
        session.id = answer["id"]  # a saved state knows its own
        if session.data is None:
            self._learn(answer, session)

    def release(self, session: Session) -> None:
        """The hub has done with it: the engine is not told any more that it is wanted."""
        self.claimed.discard(session.id)

    def _end(self, session: Session, state: str, named: dict[str, Any]) -> None:
        """It is over without the engine's word: refused at the door, or not known there."""
        self._learn({**named, **(session.data or {}), "id": session.id, "state": state}, session)

    def _learn(self, data: dict[str, Any], session: Session | None = None) -> None:
        """Take one session's data. Only what lives is kept; a spawner holds its own to the end."""
        session = session or self.sessions.get(data["id"]) or Session(data["id"])
        session.learn(data)
        owner = (data.get("user", ""), data.get("server", ""))
        if session.live:
            self.sessions[session.id] = self.owners[owner] = session
        else:
            self.sessions.pop(session.id, None)
            if self.owners.get(owner) is session:
                del self.owners[owner]

    def _learn_all(self, snapshot: list[dict[str, Any]]) -> None:
        """A snapshot replaces what was known: what it does not name, the engine does not know."""
        named = {data["id"] for data in snapshot}
        # Nor does it know yet what it is just being asked for.
        asked = {id for id, sent in self._sent.items() if not sent.done()}
        missing = [session for id, session in self.sessions.items() if id not in named | asked]
        for session in missing:
            del self.sessions[session.id]
            session.lose()
        self.owners = {key: held for key, held in self.owners.items() if held.id in named}
        for data in snapshot:
            self._learn(data)
        self._synchronised.set()

    async def _listen_always(self) -> None:
        """Hold the stream open, and open it again when it breaks, with growing pauses."""
        pause = FIRST_PAUSE
        while True:
            heard = self._heard
            try:
                await self._listen()
                continue
            except (EngineSilent, EngineError) as error:
                pause = FIRST_PAUSE if self._heard > heard else min(pause * 2, LONGEST_PAUSE)
                if isinstance(error, EngineError) or not await self._revived():
                    self.log.warning(
                        "No events from the engine (%s); again in %.1f s", error, pause
                    )
            await asyncio.sleep(pause)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._connections += 1
        self._events.restart()
        headers = {"Accept": "text/event-stream"}
        if self._events.last_id:
            headers["Last-Event-ID"] = self._events.last_id
        path = f"/v1/events{query(hub=self.hub)}"
        hear, started = self._hearer(), loop.time()
        stream = asyncio.ensure_future(self.transport.stream(path, headers, hear, STREAM_SECONDS))
        while not stream.done():
            await asyncio.wait([stream], timeout=SILENCE_SECONDS)
            if not stream.done() and loop.time() - max(self._heard, started) > SILENCE_SECONDS:
                stream.cancel()
                raise EngineSilent("the event stream has gone silent")
        stream.result()

    def _hearer(self) -> Callable[[bytes], None]:
        """What takes the stream's bytes; an older stream that wakes up again is not listened to."""

        def hear(piece: bytes) -> None:
            if self._hear is hear:
                self._heard = asyncio.get_running_loop().time()
                for event, data in self._events.feed(piece):
                    self._take(event, json.loads(data))

        self._hear = hear
        return hear

    def _take(self, event: str, data: dict[str, Any]) -> None:
        if event == "session":
            self._learn(data)
        elif event == "progress" and data["session"] in self.sessions:
            self.sessions[data["session"]].tell(data["progress"], data["message"])
        elif event == "snapshot":
            self._learn_all(data["sessions"])

    async def _revived(self) -> bool:
        """Whether a silent engine on this machine had to be started, and was."""
        if self.daemon is None:
            return False
        try:
            return await self.daemon.ensure()
        except EngineSilent as error:
            self.log.error("%s", error)
            return False

    async def _keep(self) -> None:
        """Tell the engine what is still wanted; forget progress that nobody looks at any more."""
        for session in self.sessions.values():
            if session.state == "running":
                session.progress.clear()
        try:
            body = {"hub": self.hub, "sessions": sorted(self.claimed)}
            await self.transport.call("POST", "/v1/sessions/keep", body)
        except (EngineSilent, EngineError) as error:
            self.log.warning("The engine could not be told which sessions are wanted: %s", error)
