"""JupyterHub in the stack of swarm_stack.yml: the proxy and the engine are services of their own."""

import socket
from pathlib import Path

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver

c = get_config()  # noqa: F821


def secret(name: str) -> str:
    """What `docker secret create` was given under this name."""
    return Path("/run/secrets", name).read_text().strip()


# Replace this by the authenticator of your site before anybody can reach the hub.
c.JupyterHub.authenticator_class = "null"

# The proxy outlives the hub, and so do the users' servers.
c.JupyterHub.bind_url = "http://:8000"
c.JupyterHub.cleanup_proxy = False
c.JupyterHub.cleanup_servers = False
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = "http://proxy:8001"
c.ConfigurableHTTPProxy.auth_token = secret("proxy_token")

# A proxy that starts anew knows of no server until the hub looks at it, by default every five minutes.
c.JupyterHub.last_activity_interval = 30


class Afresh(AbstractResolver):
    """Asks for each address anew. Docker lets one be kept for ten minutes; with `dnsrr` a new proxy has another one."""

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return await ThreadedResolver().resolve(host, port, family)

    async def close(self):
        pass


c.JupyterHubHTTPClient.connector_options = {"resolver": Afresh()}

# Where servers and the proxy find the hub: its name on the network that all of them are on.
c.JupyterHub.hub_ip = "0.0.0.0"
c.JupyterHub.hub_connect_ip = "hub"
c.JupyterHub.db_url = "sqlite:////srv/jupyterhub/state/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = "/srv/jupyterhub/state/cookie_secret"

c.JupyterHub.spawner_class = "multiplespawner.MultipleSpawner"
c.MultipleSpawner.url = "https://engine:8443"
c.MultipleSpawner.token_file = "/run/secrets/engine_token"
c.MultipleSpawner.ca_file = "/etc/multiplespawner/ca.pem"
c.MultipleSpawner.hub_name = "hub"
# An image that no node has yet takes a while.
c.MultipleSpawner.start_timeout = 600
