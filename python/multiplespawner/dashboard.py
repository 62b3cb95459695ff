"""The engine's status page as a service of the hub: `python -m multiplespawner.dashboard`.

The engine knows hubs and no users, and a hub's proxy speaks no unix sockets. So the hub says who
looks, by its own login, and this process fetches the page as the hub would. `configure` makes the
hub start it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from urllib.parse import urlparse

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from jupyterhub.utils import url_path_join
from tornado import web

from .errors import EngineError, EngineSilent
from .transport import Transport

# How often it is looked whether the hub is still there.
PARENT_SECONDS = 5.0


class StatusHandler(HubOAuthenticated, web.RequestHandler):
    """Shows the page to whom the hub grants access to this service: admins, by default."""

    def initialize(self, transport: Transport) -> None:
        self.transport = transport

    @web.authenticated
    async def get(self) -> None:
        try:
            page = await self.transport.call("GET", "/")
        except (EngineError, EngineSilent) as error:
            raise web.HTTPError(502, "%s", error) from error
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(page)


async def serve() -> None:
    """Serve until the hub ends this process, or has ended itself without a word."""
    hub = os.getppid()
    transport = Transport(
        os.environ["MULTIPLE_SPAWNER_URL"],
        os.environ.get("MULTIPLE_SPAWNER_TOKEN", ""),
        os.environ.get("MULTIPLE_SPAWNER_CA", ""),
    )
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    pages = [
        (prefix, StatusHandler, {"transport": transport}),
        (url_path_join(prefix, "oauth_callback"), HubOAuthCallbackHandler),
    ]
    where = urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
    web.Application(pages, cookie_secret=os.urandom(32)).listen(where.port or 80, where.hostname)
    while os.getppid() == hub:
        await asyncio.sleep(PARENT_SECONDS)


if __name__ == "__main__":
    # The hub ends its services by it, and hands down that it is ignored where it runs in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C in the hub's terminal
        asyncio.run(serve())
