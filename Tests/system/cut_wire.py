"""The wire to a server, which can be cut at the worst moment: the request is taken, and its answer is lost."""

from __future__ import annotations

import socket
import threading


class CutWire:
    """Passes on what is said between its own port and that of a server here."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        # Answers that were lost.
        self.cuts = 0
        self._needle: bytes | None = None
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_the_answer_to(self, needle: bytes) -> None:
        """The next request that has these bytes reaches the server, whose answer reaches nobody."""
        with self._lock:
            self._needle = needle

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # it was closed
            server = socket.create_connection(("127.0.0.1", self.port))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            doomed = threading.Event()
            threading.Thread(
                target=self._requests, args=(client, server, doomed), daemon=True
            ).start()
            threading.Thread(
                target=self._answers, args=(client, server, doomed), daemon=True
            ).start()

    def _requests(
        self, client: socket.socket, server: socket.socket, doomed: threading.Event
    ) -> None:
        seen = b""
        try:
            while said := client.recv(65536):
                with self._lock:
                    # The words may come in two pieces.
                    seen = (seen if self._needle else b"")[-1000:] + said
                    if self._needle is not None and self._needle in seen:
                        self._needle = None
                        doomed.set()
                server.sendall(said)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other end is gone, and its own thread tells ours

    def _answers(
        self, client: socket.socket, server: socket.socket, doomed: threading.Event
    ) -> None:
        try:
            while said := server.recv(65536):
                if doomed.is_set():
                    self.cuts += 1
                    break
                client.sendall(said)
        except OSError:
            pass
        for end in (client, server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def close(self) -> None:
        """No more connections."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
