"""The floor: what Docker itself takes, asked by nothing but its own API over a kept connection."""

from __future__ import annotations

import socket
import time
from typing import Any

from docker_api import DockerAPI
from docker_images import TINY
from docker_swarm import NETWORK

LABEL = "benchmark"
PORT = 8888
PAUSE = 0.01


def _specification(name: str) -> dict[str, Any]:
    container = {"Image": TINY, "Env": [f"JUPYTERHUB_SERVICE_URL=http://0.0.0.0:{PORT}/"]}
    return {
        "Name": name,
        "Labels": {LABEL: "floor"},
        "TaskTemplate": {
            "ContainerSpec": container,
            "RestartPolicy": {"Condition": "none"},
            "Networks": [{"Target": NETWORK}],
        },
    }


def _running(api: DockerAPI) -> dict[str, str]:
    """The containers of the tasks that run, by their service."""
    tasks = api.get("/tasks", filters={"label": [LABEL]})
    return {
        task["ServiceID"]: task["Status"]["ContainerStatus"]["ContainerID"]
        for task in tasks
        if task["Status"]["State"] == "running" and task["DesiredState"] == "running"
    }


def _answers(address: str) -> None:
    """Return when a server answers; it does so at the first try when its container runs."""
    while True:
        try:
            with socket.create_connection((address, PORT), 1) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
                if connection.recv(64).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            time.sleep(0.002)


def start(api: DockerAPI, names: list[str]) -> float:
    """Seconds until all these services run and answer."""
    begun = time.perf_counter()
    waiting = {api.post("/services/create", _specification(name))["ID"] for name in names}
    # Each look costs Docker more the more there is to see, and it has better things to do.
    pause = PAUSE * max(1, len(names) / 4)
    while waiting:
        found = {service: each for service, each in _running(api).items() if service in waiting}
        if found:
            members = api.get("/networks/docker_gwbridge")["Containers"]
            for service, container in found.items():
                _answers(members[container]["IPv4Address"].partition("/")[0])
                waiting.discard(service)
        if waiting:
            time.sleep(pause)
    return time.perf_counter() - begun


def clear(api: DockerAPI) -> None:
    """Remove them, and return when Docker has done with them."""
    for service in api.get("/services", filters={"label": [LABEL]}):
        api.delete(f"/services/{service['ID']}")
    settle(api)


def settle(api: DockerAPI) -> None:
    """Return when no container of any service is left."""
    of_services = {"label": ["com.docker.swarm.service.id"]}
    while api.get("/containers/json", all="true", filters=of_services):
        time.sleep(0.1)
