"""What the hub knows of a user and a server that the engine cannot read by itself."""

from __future__ import annotations

import json
from typing import Any


async def knowledge(spawner: Any) -> dict[str, Any]:
    """What a start sends besides: nothing of it is ever logged, kept or shown."""
    certificates = spawner.take_certificates()
    return {"user_data": await user_data(spawner), "certificates": certificates}


async def user_data(spawner: Any) -> dict[str, Any]:
    """The values of the attributes that `user_attributes` names, as far as this user has them.

    An authenticator's encrypted `auth_state` comes first, for it survives a restart of the hub;
    then what was set on the User object, as jhub-authenticators' /hub/set-user-data does.
    """
    names = spawner.user_attributes
    if not names:
        return {}
    state: Any = None
    # Decrypting costs a thread's turn: who has nothing stored does not pay for it.
    if spawner.authenticator.enable_auth_state and spawner.user.encrypted_auth_state is not None:
        state = await spawner.user.get_auth_state()
    kept = state if isinstance(state, dict) else {}
    found = {}
    for name in names:
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
