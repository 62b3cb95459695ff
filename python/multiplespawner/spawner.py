"""The Spawner class: JupyterHub's contract on one side, the engine's calls on the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from html import escape
from typing import Any, ClassVar
from urllib.parse import urlparse
from uuid import uuid4

from jupyterhub import orm
from jupyterhub.spawner import Spawner
from jupyterhub.utils import url_escape_path, url_path_join
from sqlalchemy import inspect
from tornado import web
from traitlets import Integer, List, Unicode, default

from .certificates import Certified
from .daemon import DEFAULT_DIRECTORY, LocalDaemon, local_url
from .engine import Engine
from .errors import EngineError, EngineSilent, SpawnException, http_error
from .form import FormOfTheEngine
from .knowledge import user_data
from .session import Session
from .transport import Transport

STATE_VERSION = 1
# How long a failed start keeps its user waiting while it is undone: a machine that hangs may take hours.
UNDO_SECONDS = 10.0
# How long a poll waits for the first word of an engine that is just being started.
PATIENCE_SECONDS = 20.0

LOCAL_ENVIRONMENT = [
    *("JUPYTERHUB_SINGLEUSER_APP", "PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL"),
    *("VIRTUAL_ENV", "CONDA_ROOT", "CONDA_DEFAULT_ENV"),
]


class MultipleSpawner(Certified, FormOfTheEngine, Spawner):
    """Starts users' servers through the multiplespawner engine; decides and blocks nothing."""

    url = Unicode(
        "",
        help="The engine: unix:///path, https://host:port, or http://127.0.0.1:port. Empty: the "
        "local one, which is started when it does not answer.",
    ).tag(config=True)
    token_file = Unicode("", help="File with the bearer token, for an engine on TCP.").tag(
        config=True
    )
    ca_file = Unicode("", help="Certificates to trust; empty: the system's.").tag(config=True)
    daemon_command = List(
        Unicode(),
        ["multiplespawner", "serve"],
        help="Starts the local engine; looked for on PATH and beside this Python. Empty: never.",
    ).tag(config=True)
    configuration_directory = Unicode(
        DEFAULT_DIRECTORY, help="Where the local engine finds its files and keeps its state."
    ).tag(config=True)
    hub_name = Unicode(
        help="Tells the sessions of several hubs on one engine apart; must not change over a "
        "restart. Default: host, port and path of the hub's API."
    ).tag(config=True)
    resource_start_timeout = Integer(
        0,
        help="Seconds that the engine gives one start. 0: a second less than start_timeout, so "
        "that the engine's reason arrives before the hub gives up.",
    ).tag(config=True)
    session_lifetime = Integer(
        0, help="Minutes that a server may run; 0: as its template says."
    ).tag(config=True)

    user_attributes = List(
        Unicode(),
        ["mount_data"],
        help="What of the user's auth_state, or else of the User object, templates may use: those "
        "that list it in user_format_attributes get its values as placeholders.",
    ).tag(config=True)

    _engines: ClassVar[dict[tuple[str, str], Engine]] = {}
    _engine: Engine | None = None
    _session: Session | None = None
    _undoing: asyncio.Task[None] | None = None
    _undos: ClassVar[set[asyncio.Task[None]]] = set()
    _begun: asyncio.Event | None = None
    _auth_state: Any = None

    @default("hub_name")
    def _hub_name_from_api_url(self) -> str:
        where = urlparse(self.hub.api_url)
        return f"{where.netloc}{self.hub.base_url.rstrip('/')}".replace("/", ":")

    @default("ip")
    def _ip_of_the_engine(self) -> str:
        """Empty: the engine chooses. The base class's 127.0.0.1 would overrule every template."""
        return ""

    @default("env_keep")
    def _env_keep_on_one_machine(self) -> list[str]:
        """What JupyterHub's local spawner keeps, PATH above all; nothing for one elsewhere."""
        if self.url and not self.url.startswith("unix://"):
            return []
        return LOCAL_ENVIRONMENT

    @property
    def engine(self) -> Engine:
        """One engine per hub process, shared by all spawners; made without any I/O."""
        if self._engine is None:
            local = local_url(self.configuration_directory)
            key = (self.url or local, self.hub_name)
            if key not in self._engines:
                transport = Transport(key[0], self.token_file, self.ca_file)
                daemon = None
                if key[0] == local and self.daemon_command:
                    daemon = LocalDaemon(
                        self.daemon_command, self.configuration_directory, transport
                    )
                self._engines[key] = Engine(self.hub_name, transport, daemon, self.log)
            self._engine = self._engines[key]
        return self._engine

    # The life of a server

    def start(self) -> Awaitable[str]:
        """Start and return the URL. Ends with the engine's own reason, or by the hub's cancel.

        No coroutine, which would begin only after all that the hub has to do at this moment: a
        hundred starts at once would be asked for when the hub has done its part of the last one.
        """
        session = self._session = Session(self.take_attempt())
        if self._begun is not None:
            self._begun.set()
            self._begun = None
        auth_state, self._auth_state = self._auth_state, None
        request = {
            **self._request(),
            "user_data": user_data(self, auth_state),
            "certificates": self.take_certificates(),
        }
        self.engine.begin(session, request)
        return self._started(session, request)

    async def run_auth_state_hook(self, auth_state: Any) -> None:
        """The hook, right before a start; what the hub has decrypted for it is kept until then."""
        self._auth_state = auth_state
        await super().run_auth_state_hook(auth_state)

    async def _started(self, session: Session, request: dict[str, Any]) -> str:
        try:
            data = await self.engine.start(session, request)
        except asyncio.CancelledError:
            self._undoing = self._begin_undo(session)
            raise
        except (EngineError, EngineSilent) as error:
            self._forgive_failure()
            raise http_error(error) from error
        return data["url"]

    def _begin_undo(self, session: Session) -> asyncio.Task[None]:
        """Undo it whoever waits for it; the loop itself would forget a task that nobody holds."""
        task = asyncio.create_task(self._undo(session))
        self._undos.add(task)
        task.add_done_callback(self._undos.discard)
        return task

    async def _undo(self, session: Session) -> None:
        try:
            await self.engine.stop(session, now=True)
        except (EngineError, EngineSilent) as error:
            self.log.error("The start of %s could not be undone: %s", self._log_name, error)

    def _request(self) -> dict[str, Any]:
        """What the engine needs to start a server; null where the administrator says nothing."""
        seconds = self.resource_start_timeout or max(1, self.start_timeout - 1)
        return {
            **self._identity(),
            "groups": self._groups(),
            "user_options": self.user_options,
            "environment": self.get_env(),
            "command": [*(self.cmd or []), *self.get_args()],
            "start_timeout": seconds,
            "notebook_dir": self.format_string(self.notebook_dir) if self.notebook_dir else None,
            "ip": self.ip or None,
            "port": self.port or None,
            "memory_limit": self.mem_limit or None,
            "memory_guarantee": self.mem_guarantee or None,
            "cpu_limit": self.cpu_limit or None,
            "cpu_guarantee": self.cpu_guarantee or None,
            "lifetime": self.session_lifetime or None,
        }

    def _identity(self) -> dict[str, Any]:
        return {"hub": self.hub_name, "user": self.user.name, "server": self.name}

    def _groups(self) -> list[str]:
        return [group.name for group in self.user.groups]

    def get_env(self) -> dict[str, str]:
        """The hub's environment as strings; JUPYTERHUB_SERVICE_URL is the engine's to set."""
        environment = super().get_env()
        return {key: str(value) for key, value in environment.items() if value is not None}

    async def poll(self) -> int | None:
        """None while it runs, starts, or nobody can tell; else the exit status. Never raises."""
        session = self._session
        if session is not None and session.live:
            return None
        return await self._look()

    async def _look(self) -> int | None:
        """Find out about a server that memory does not know to be alive: at its end, or anew."""
        session = self._session
        if session is not None and session.ended:
            return session.exit_status
        if session is None and self.server is None:
            return 0  # never started
        engine = self.engine
        if not await engine.synchronised(PATIENCE_SECONDS):
            return None
        # By identity too: a hub that was killed in the middle of a start has kept no state of it.
        found = engine.owners.get((self.user.name, self.name))
        if found is None and session is not None and session.saved:
            found = await self._adopt(session)
            if found is None:
                return None
        if found is None:
            return 0
        self._session = found
        engine.claimed.add(found.id)
        return None if found.live else found.exit_status

    async def _adopt(self, session: Session) -> Session | None:
        """The session taken over or known to be gone; None when the engine could not tell."""
        try:
            await self.engine.adopt(session, self._identity(), self.session_lifetime or None)
        except EngineSilent:
            return None
        except EngineError as error:
            if error.status != 404:
                self.log.error("The engine cannot take over %s: %s", self._log_name, error)
                return None
            session.learn({"state": "stopped"})
        return session

    async def get_url(self) -> str:
        """Where the server is; waits for a start that a killed hub has left. Never raises."""
        if self._session is None and await self.engine.synchronised(self.start_timeout):
            await self._look()
        session = self._session
        while session is not None and session.live and not session.url:
            await session.change()
        if session is not None and session.url and self.server is not None:
            where = urlparse(session.url)
            # Set here, for the hub stores a changed scheme in an attribute that nobody reads.
            self.server.proto = where.scheme
            self.server.ip = where.hostname or ""
            self.server.port = where.port or (443 if where.scheme == "https" else 80)
            self.orm_spawner.state = self.get_state()
            self._database.commit()
        return await super().get_url()

    async def stop(self, now: bool = False) -> None:
        """Return when the server is really gone; stopping twice is no error.

        A start that failed has its reason, and the hub shows it when this returns: what of it cannot be
        undone in a moment, the engine undoes without the user, and no new start overtakes it.
        """
        session = self._session or self.engine.owners.get((self.user.name, self.name))
        undoing, self._undoing = self._undoing, None
        if undoing is None and session is not None and session.failing:
            undoing = self._begin_undo(session)
        if undoing is not None:
            await asyncio.wait([undoing], timeout=UNDO_SECONDS)
            if not undoing.done():
                self.log.warning("The failed start of %s is undone meanwhile", self._log_name)
                return
        if session is not None and not session.ended:
            try:
                await self.engine.stop(session, now)
            except (EngineError, EngineSilent) as error:
                raise http_error(error) from error

    def run_post_stop_hook(self) -> Any:
        """The hook, after every token that was made for this server is revoked.

        The hub revokes the one that it holds, and only after a stop that went well: after a restart
        it holds none, and after a failed stop it forgets its own. No new start has made a token yet
        at this point, which `clear_state` could not tell apart.
        """
        base_url = url_path_join(self.user.base_url, url_escape_path(self.name), "/")
        tokens = self._database.query(orm.APIToken).filter_by(
            user_id=self.user.orm_user.id, note=f"Server at {base_url}"
        )
        for token in tokens:
            self.log.info("Revoking token %s of %s", token.api_id, self._log_name)
            self._database.delete(token)
        self._database.commit()
        return super().run_post_stop_hook()

    async def delete_forever(self) -> None:
        """What the engine still holds of a server that is deleted is undone."""
        await self.engine.synchronised(PATIENCE_SECONDS)
        held = self.engine.owners.get((self.user.name, self.name))
        if held is not None and held.id not in self.engine.claimed:
            await self._undo(held)

    async def rename(self, old_name: str, new_name: str) -> None:
        """A server is known by its name, so it is refused while it runs."""
        if (self.user.name, old_name) in self.engine.owners:
            raise web.HTTPError(400, "stop the server before it gets another name")

    # What the hub keeps

    def get_state(self) -> dict[str, Any]:
        """What adopts the session with an empty journal; no secrets, no I/O."""
        state = super().get_state()
        session = self._session
        if session is not None and session.saved and not session.ended:
            state.update(multiplespawner=STATE_VERSION, id=session.id, saved=session.saved)
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Our own state, or one of the original spawners', which the engine reads as it is."""
        super().load_state(state)
        if not state:
            return
        if "multiplespawner" in state:
            self._session = Session(state["id"], state["saved"])
        else:
            self._session = Session(uuid4().hex, state)

    def clear_state(self) -> None:
        """Forget the attempt: the hub has done with it, or begins another."""
        super().clear_state()
        if self._session is not None:
            self.engine.release(self._session)
        self._session = self._auth_state = None

    @property
    def _database(self) -> Any:
        return inspect(self.orm_spawner).session

    # What the user sees

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """Every line from the first, for each page that looks; ends with the start."""
        while self._session is None:
            self._begun = self._begun or asyncio.Event()
            await self._begun.wait()
        session, told = self._session, 0
        while True:
            for percent, message in session.progress[told:]:
                told += 1
                yield {
                    "progress": percent,
                    "message": message,
                    "html_message": escape(message),
                }
            if told < len(session.progress):
                continue
            if not session.live or session.url:
                return
            await session.change()

    def _forgive_failure(self) -> None:
        """Keep a failure that has a reason out of JupyterHub 5's count.

        It counts every failed start and exits at a limit, hoping that its own restart will help. It
        cannot help against what the engine gives a reason for; JupyterHub 6 knows that by itself.
        """
        if SpawnException is None and self.handler is not None:
            settings = self.handler.settings
            settings["failure_count"] = settings.get("failure_count", 0) - 1
