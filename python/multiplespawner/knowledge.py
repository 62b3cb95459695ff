"""What the hub knows of a user and a server that the engine cannot read by itself."""

from __future__ import annotations

import json
from typing import Any


def user_data(spawner: Any, auth_state: Any) -> dict[str, Any]:
    """The values of the attributes that `user_attributes` names, as far as this user has them.

    An authenticator's encrypted `auth_state` comes first, for it survives a restart of the hub;
    then what was set on the User object, as jhub-authenticators' /hub/set-user-data does.
    Nothing of it is ever logged, kept or shown.
    """
    kept = auth_state if isinstance(auth_state, dict) else {}
    found = {}
    for name in spawner.user_attributes:
        value = kept.get(name)
        if value is None:
            value = getattr(spawner.user, name, None)
        if value is None:
            continue
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            # The value itself may be a key: only its name is told.
            spawner.log.error("The attribute %r of %s is no JSON", name, spawner._log_name)
            continue
        found[name] = value
    return found
