"""A notebook server that has one very large file, and a socket that sends back what it is sent."""

from __future__ import annotations

import os
import socket
import threading
from urllib.parse import urlparse

READY = b"HTTP/1.1 200 OK\r\nX-JupyterHub-Version: 6.1.1\r\nContent-Length: 2\r\n\r\n{}"
PIECE = memoryview(bytes(1 << 20))


def serve(connection: socket.socket) -> None:
    """Answer one request: `/file/BYTES`, `/echo`, or a hub that asks whether somebody is there."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        request = b""
        while b"\r\n\r\n" not in request:
            got = connection.recv(4096)
            if not got:
                return
            request += got
        head, _, rest = request.partition(b"\r\n\r\n")
        path = head.split()[1]
        if b"/file/" in path:
            left = int(path.rpartition(b"/")[2])
            while left:
                left -= connection.send(PIECE[: min(left, len(PIECE))])
        elif path.endswith(b"/echo"):
            connection.sendall(rest)
            while got := connection.recv(4096):
                connection.sendall(got)
        else:
            connection.sendall(READY)


def main() -> None:
    place = urlparse(os.environ["JUPYTERHUB_SERVICE_URL"])
    listener = socket.create_server((place.hostname, place.port), backlog=64)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=[connection], daemon=True).start()


if __name__ == "__main__":
    main()
