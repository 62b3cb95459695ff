"""A server of one user that keeps WebSockets open, as kernels' channels are: it says who it is and what it heard."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from http import HTTPStatus
from urllib.parse import urlparse

from websockets.asyncio.server import Request, Response, ServerConnection, serve

WHO = {"host": socket.gethostname(), "pid": os.getpid()}


def answer(connection: ServerConnection, request: Request) -> Response | None:
    """Plain requests get an answer at once."""
    if "Upgrade" in request.headers:
        return None
    response = connection.respond(HTTPStatus.OK, json.dumps(WHO))
    response.headers["X-JupyterHub-Version"] = "6.1.1"
    return response


async def echo(connection: ServerConnection) -> None:
    """Each message comes back."""
    async for message in connection:
        await connection.send(json.dumps({**WHO, "said": message}))


async def main() -> None:
    """Serve where the hub expects it."""
    where = urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
    # Who is away for a while must not be taken for gone by this side.
    async with serve(
        echo, where.hostname, where.port, process_request=answer, ping_interval=None
    ) as server:
        await server.serve_forever()


asyncio.run(main())
