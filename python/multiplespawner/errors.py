"""The engine's errors, and how JupyterHub wants to hear of them."""

from __future__ import annotations

from typing import Any

from tornado import web

try:  # JupyterHub 6: a refusal with a reason for the metrics
    from jupyterhub.spawner import SpawnException
except ImportError:  # JupyterHub 5
    SpawnException = None

_STATUS = {
    "invalid_request": 400,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "unsupported": 422,
    "over_capacity": 429,
    "backend_failed": 502,
    "unavailable": 503,
    "timed_out": 504,
}
_REASON = {
    "invalid_request": "options",
    "not_found": "options",
    "unsupported": "options",
    "unauthorized": "policy",
    "forbidden": "policy",
    "over_capacity": "capacity",
    "unavailable": "capacity",
    "backend_failed": "backend",
    "timed_out": "timeout",
}


class EngineSilent(Exception):
    """The engine did not answer: nothing is known, nothing is decided."""


class EngineError(Exception):
    """The engine answered, and said no."""

    def __init__(self, code: str, message: str, status: int = 0, details: Any = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = [str(detail) for detail in details or ()]
        self.status = status or _STATUS.get(code, 500)

    @classmethod
    def of(cls, session: dict[str, Any]) -> EngineError:
        """Why a session ended before it ran."""
        error = session.get("error") or {}
        fallback = f"the server {session.get('state', 'ended')} before it was ready"
        code, message = error.get("code") or "backend_failed", error.get("message") or fallback
        return cls(code, message, details=error.get("details"))


def http_error(error: Exception) -> web.HTTPError:
    """What makes JupyterHub show the engine's own words, on the form and on the spawn page."""
    if isinstance(error, EngineError):
        code, status, details = error.code, error.status, error.details
        if status == 401:  # the hub's own token was refused: no fault of the user who reads this
            status = 502
    else:
        code, status, details = "unavailable", 503, []
    message = "; ".join([str(error), *details])
    if SpawnException is not None:
        raised = SpawnException(message, reason=_REASON.get(code, "internal"), status_code=status)
    else:
        # The message goes in as an argument: a percent sign in it must not be taken for a format.
        raised = web.HTTPError(status, "%s", message)
    raised.jupyterhub_message = message  # plain text: the pages escape it
    return raised
