"""The hub of `make run`: dummy login, and servers on this machine through the engine.

For trying out on one's own machine only: anybody who reaches the port may log in as anybody.
"""

import os

from multiplespawner import configure

c = get_config()  # noqa: F821

c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.allow_named_servers = True
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {"admin"}
c.MultipleSpawner.default_url = "/lab"
c.MultipleSpawner.start_timeout = 120
if os.geteuid() == 0:
    # The servers run under the engine's account, and Jupyter wants to be told that this is meant.
    c.MultipleSpawner.args = ["--allow-root"]
configure(c)
