"""What a user sees before a start: the engine's own form, shown and read by the engine."""

from __future__ import annotations

import base64
import json
from html import escape
from typing import Any

from traitlets import HasTraits, default

from .errors import EngineError, EngineSilent, http_error
from .transport import query

# Of the last choice, in characters; the form's own are far shorter.
LONGEST_LAST = 4000


class FormOfTheEngine(HasTraits):
    """The part of the Spawner contract that is about options; what they mean, the engine knows."""

    @default("options_form")
    def _form_of_the_engine(self) -> Any:
        return type(self)._render_form

    @default("options_from_form")
    def _options_from_form(self) -> Any:
        return self._read_form

    @default("apply_user_options")
    def _leave_options_to_the_engine(self) -> Any:
        """The start itself checks them, at once; a check here would only be a second call."""
        return lambda spawner, user_options: None

    async def _render_form(self) -> str:
        """The engine's form for this user; when it cannot be had, the reason in its place."""
        last = self.user_options or self.orm_spawner.user_options or {}
        if len(json.dumps(last)) > LONGEST_LAST:  # a REST body of any size; it is no choice of ours
            last = {}
        asked = query(**self._identity(), group=self._groups(), last=json.dumps(last))
        try:
            return await self.engine.call("GET", f"/v1/form{asked}")
        except (EngineError, EngineSilent) as error:
            self.log.error("No form for %s: %s", self._log_name, error)
            return f'<p class="alert alert-danger" role="alert">{escape(str(error))}</p>'

    async def _read_form(self, form_data: dict[str, list[Any]], spawner: Any = None) -> Any:
        """The engine reads its own form; `spawner` is there for the hubs that pass it."""
        form: dict[str, list[str]] = {}
        files: dict[str, list[dict[str, str]]] = {}
        for field, values in form_data.items():
            if values and isinstance(values[0], dict):
                files[field[: -len("_file")]] = [
                    {
                        "filename": value["filename"],
                        "content_type": value["content_type"],
                        "body": base64.b64encode(value["body"]).decode(),
                    }
                    for value in values
                ]
            else:
                form[field] = values
        try:
            body = {**self._identity(), "groups": self._groups(), "form": form, "files": files}
            return (await self.engine.call("POST", "/v1/form", body))["user_options"]
        except (EngineError, EngineSilent) as error:
            raise http_error(error) from error

    def options_from_query(self, query_data: dict[str, list[str]]) -> Any:
        """The same as the form's, also when another reader of the form is configured."""
        return self.run_options_from_form(query_data)
