"""Lets an unchanged image read its API token from a Docker secret.

Make it a Docker config once, and mount it as /etc/jupyter/jupyter_config.py: every Jupyter program reads that file
before it looks for the token.
"""

import os

path = os.environ.get("JUPYTERHUB_API_TOKEN_FILE")
if path and not os.environ.get("JUPYTERHUB_API_TOKEN"):
    with open(path) as file:
        os.environ["JUPYTERHUB_API_TOKEN"] = os.environ["JPY_API_TOKEN"] = file.read().strip()
