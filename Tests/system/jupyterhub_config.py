"""The hub of a test: every setting comes as JSON, {class: {trait: value}}."""

import json
import os

from multiplespawner import configure

c = get_config()  # noqa: F821

for section, traits in json.loads(os.environ["HUB_SETTINGS"]).items():
    for trait, value in traits.items():
        setattr(getattr(c, section), trait, value)

if os.environ.get("HUB_CONFIGURE"):
    configure(c)
