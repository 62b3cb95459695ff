"""The HTTP side of the tests' Oracle cloud."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from oci_signature import complaint

if TYPE_CHECKING:
    from oci_stand_in import OCI


class Refused(Exception):
    """An answer that is an error, as Oracle words them."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.body = {"code": code, "message": message}


def missing() -> Refused:
    """What is said of a thing that is not there, and of one of somebody else's."""
    return Refused(404, "NotAuthorizedOrNotFound", "it is not there, or not for you")


class Interface(ThreadingHTTPServer):
    """Answers for a cloud, to one account."""

    daemon_threads = True

    def __init__(self, cloud: OCI, key: rsa.RSAPublicKey, key_id: str) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.cloud = cloud
        self.key = key
        self.key_id = key_id


class Answering(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # An answer goes out in one piece.
    wbufsize = -1
    server: Interface

    def _answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        cloud = self.server.cloud
        following = None
        try:
            said = complaint(
                *(self.server.key, self.server.key_id, self.command, self.path),
                *(self.headers, content),
            )
            if said is not None:
                raise Refused(401, "NotAuthenticated", said)
            with cloud.lock:
                answer, following = self._act(content)
                text = json.dumps(answer).encode() if answer is not None else b""
            status = 200 if answer is not None else 204
        except Refused as refused:
            status, text = refused.status, json.dumps(refused.body).encode()
            # Ours are to be right: only what others did may stand in our way.
            if status in (400, 401):
                cloud.error = refused
        except Exception as error:
            cloud.error = error
            status, text = 500, b'{"code": "InternalError", "message": "the stand-in is wrong"}'
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
        if following is not None:
            self.send_header("opc-next-page", following)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def _act(self, content: bytes) -> tuple[Any, str | None]:
        cloud = self.server.cloud
        where = urlsplit(self.path)
        version, *parts = [unquote(part) for part in where.path.split("/")[1:]]
        query = dict(parse_qsl(where.query))
        if version != "20160918":
            raise missing()
        match self.command, parts:
            case "GET", [name]:
                return cloud.list(name, query)
            case "GET", [name, which]:
                return cloud.get(name, which), None
            case "POST", [name]:
                token = self.headers.get("opc-retry-token")
                return cloud.make(name, json.loads(content), token), None
            case "PUT", ["instances", which]:
                return cloud.tag(which, json.loads(content)), None
            case "DELETE", ["instances", which]:
                if query.get("preserveBootVolume") != "false":
                    raise Refused(400, "InvalidParameter", "a volume would be left")
                return cloud.terminate(which), None
        raise missing()

    def log_message(self, *_: Any) -> None:
        """Nothing: the tests say what was wrong."""
