# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Docker engine of this host, by its SDK: images, networks and containers as the engine describes them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..model.container import DOCKER
from ..model.errors import HostError
from ..model.networks import V4, V6

try:
    import docker
    from docker.errors import APIError, DockerException, NotFound
except ImportError as error:
    LACKING = str(error)
else:
    LACKING = ""
    """Why there is no way to an engine, where the SDK is not installed."""

SOCKET = "/run/docker.sock"
OLDEST = (20, 10)
NOT_RUN = 125
"""The status of what the engine did not run: its command's own for that."""
_TIMEOUT_S = 120

POOLS = (
    'Give the engine addresses for more networks, of which nobody else has one: write "default-address-pools": '
    '[{"base": "172.30.0.0/16", "size": 28}] to /etc/docker/daemon.json, and systemctl restart docker'
)
"""It has about 30 by default; this is 4096, each for 13 containers."""

Described = dict[str, Any]
"""An object of the engine, as its API has it."""


@contextlib.contextmanager
def _said(what: str) -> Iterator[None]:
    """Turn what the engine refuses into an error of ours."""
    try:
        yield
    except APIError as error:
        text = str(error.explanation or error).strip()
        raise HostError(f"The engine refused {what}: {text}", _remedy(text)) from error
    except (DockerException, OSError) as error:
        raise HostError(
            f"The engine did not answer {what}: {error}", "Look at docker.service, and run again when it is up"
        ) from error


_REMEDIES = (
    (("no space left",), "Free space below /var/lib/docker; docker system df shows what is there"),
    (
        ("port is already allocated", "address already in use"),
        "Give the instance another port, or stop what holds this one: ss -tlnp",
    ),
    (
        ("cannot assign requested address",),
        "The host has lost the address that the instance is bound to; run again when it has one",
    ),
    (("address pool", "fully subnetted"), f"{POOLS}; or remove networks that nobody needs: docker network ls"),
    (
        ("overlaps with", "conflicts with"),
        "Remove the network that holds the addresses: docker network ls, ip route",
    ),
    (
        ("active endpoints",),
        "Take off whoever is on it: docker network inspect shows who, docker network disconnect does it",
    ),
)
"""What to do by parts of what the engine says."""


def _remedy(text: str) -> str:
    found = (remedy for parts, remedy in _REMEDIES if any(part in text for part in parts))
    return next(found, "journalctl -u docker.service tells more")


_CHILDREN = "has dependent child images"


class Engine:
    """The engine at its socket. Raises `HostError` when it is not there, too old, or not root's."""

    name = DOCKER
    apart = ("com.docker.network.bridge.enable_icc", "false")
    """The option of a network by which containers on it cannot reach each other."""
    reading = "docker logs {name}"
    """How a person reads what a container said."""
    renewing = "docker restart {name}"
    """How a person starts a container anew."""
    pools = POOLS
    """How a person gives it other addresses for networks."""
    removing = "docker rm --force {name} && docker network rm {name}"
    """How a person removes a container with its network."""
    relinking = "systemctl restart docker"
    """How a person makes it write its rules for packets again."""
    families = (V4, V6)
    """The families in which a published port is answered; in IPv6 by a program of the engine's."""
    resolver = "127.0.0.11"
    """The name server of containers on networks other than the engine's first, which is the engine."""

    def __init__(self) -> None:
        if LACKING:
            raise HostError(
                f"The host's Python has no Docker SDK: {LACKING}",
                "apt-get install --no-install-recommends python3-docker",
            )
        with _said("who it is"):
            self._api = docker.APIClient(base_url=f"unix://{SOCKET}", version="auto", timeout=_TIMEOUT_S)
            info = self._api.info()
        version = str(info["ServerVersion"])
        self.confines = any(str(option).startswith("name=apparmor") for option in info.get("SecurityOptions") or ())
        """Whether it puts containers under AppArmor profiles; what it saw at its start is what it believes."""
        found = [part for part in version.partition("+")[0].split(".")[:2] if part.isdigit()]
        if len(found) < len(OLDEST) or tuple(map(int, found)) < OLDEST:
            raise HostError(f"The engine is {version}, older than 20.10", "Install the docker.io of Debian 12 or newer")
        options = [option.split(",")[0] for option in info.get("SecurityOptions") or ()]
        self.filters_calls = "name=seccomp" in options
        self.slices = info.get("CgroupDriver") == "systemd" and str(info.get("CgroupVersion")) == "2"
        """Whether containers are in slices of systemd, and held to what those are held to."""
        if "name=rootless" in options:
            raise HostError(
                "The engine is rootless: what it publishes never meets the host's firewall table as a container's",
                "Use the engine of the system, or deploy the instances as services",
            )

    @property
    def architecture(self) -> str:
        """What the engine runs, in the words of the image specification, as ``amd64``."""
        with _said("for its architecture"):
            return str(self._api.version()["Arch"])

    def image(self, identifier: str) -> Described | None:
        """Return an image; None when the engine does not have it."""
        return self._found(f"for the image {identifier}", self._api.inspect_image, identifier)

    def images(self, label: str) -> list[Described]:
        """Return the images that have a *label*."""
        with _said("for its images"):
            return list(self._api.images(filters={"label": label}))

    def load(self, path: str) -> None:
        """Load the archive at *path*."""
        with _said(f"to load {path}"), open(path, "rb") as handle:
            for said in self._api.load_image(handle):
                if "error" in said:
                    raise HostError(f"The engine refused to load {path}: {said['error']}", _remedy(said["error"]))

    def remove_image(self, identifier: str) -> None:
        """Remove an image with its names; nothing when it is gone. One that others were made of loses but its names."""
        with _said(f"to remove the image {identifier}"), contextlib.suppress(NotFound):
            try:
                self._api.remove_image(identifier, force=True)
            except APIError as error:
                if _CHILDREN not in str(error.explanation):
                    raise
                for name in self._api.inspect_image(identifier)["RepoTags"]:
                    self._api.remove_image(name)

    def network(self, name: str) -> Described | None:
        """Return the network *name*; None when there is none."""
        return self._found(f"for the network {name}", self._api.inspect_network, name)

    def on_network(self, name: str) -> list[str]:
        """Return the containers on the network *name*, on which one that is stopped is not; none when it is gone."""
        there = (self.network(name) or {}).get("Containers") or {}
        return sorted(item["Name"] for item in there.values())

    def create_network(self, name: str, config: Mapping[str, Any]) -> None:
        """Make a network, as ``POST /networks/create`` has it."""
        self._post(f"to make the network {name}", "/networks/create", {"Name": name, **config})

    def remove_network(self, name: str) -> None:
        """Remove a network; nothing when it is gone."""
        with _said(f"to remove the network {name}"), contextlib.suppress(NotFound):
            self._api.remove_network(name)

    def container(self, name: str) -> Described | None:
        """Return the container *name*; None when there is none."""
        return self._found(f"for the container {name}", self._api.inspect_container, name)

    def containers(self, label: str) -> list[Described]:
        """Return all containers that have a *label*, running or not, in the short form of the engine's list."""
        with _said("for its containers"):
            return list(self._api.containers(all=True, filters={"label": label}))

    def create(self, name: str, config: Mapping[str, Any]) -> None:
        """Make a container, as ``POST /containers/create`` has it, and do not start it."""
        with _said(f"to make the container {name}"):
            self._api.create_container_from_config(dict(config), name)

    def start(self, name: str) -> None:
        """Start a container."""
        with _said(f"to start the container {name}"):
            self._api.start(name)

    def stop(self, name: str) -> None:
        """Stop a container by its own signal and patience; nothing when it is gone."""
        with _said(f"to stop the container {name}"), contextlib.suppress(NotFound):
            self._api.stop(name)

    def rename(self, name: str, new: str) -> None:
        """Give a container another name. One that ends again and again may be stopped for it."""
        with _said(f"to rename the container {name}"):
            try:
                self._api.rename(name, new)
            except NotFound:
                # Its network, which the engine wants to rename as well: between two starts there is none.
                self._api.stop(name)
                self._api.rename(name, new)

    def update(self, name: str, limits: Mapping[str, Any]) -> None:
        """Change *limits* of a container while it runs, as ``POST /containers/NAME/update`` has them."""
        self._post(f"to change limits of {name}", f"/containers/{name}/update", limits)

    def remove(self, name: str) -> None:
        """Remove a container whatever it does; nothing when it is gone."""
        with _said(f"to remove the container {name}"), contextlib.suppress(NotFound):
            self._api.remove_container(name, force=True, v=True)

    def run(self, name: str, argv: Sequence[str]) -> int:
        """Run *argv* in a container that runs, as its own user, and return the status; `NOT_RUN` when it does not."""
        with _said(f"to run {argv[0]} in {name}"):
            try:
                made = self._api.exec_create(name, list(argv))
                self._api.exec_start(made)
                return int(self._api.exec_inspect(made)["ExitCode"])
            except APIError as error:
                if error.status_code in (404, 409):
                    return NOT_RUN
                raise

    def log(self, name: str, lines: int = 10) -> str:
        """Return the last *lines* that a container said."""
        with _said(f"for the log of {name}"):
            return bytes(self._api.logs(name, tail=lines)).decode("utf-8", "replace").strip()

    def _found(self, what: str, ask: Any, name: str) -> Described | None:
        with _said(what):
            try:
                return dict(ask(name))
            except NotFound:
                return None

    def _post(self, what: str, path: str, body: Mapping[str, Any]) -> None:
        """Ask for what the SDK has no whole method for, on its own connection."""
        with _said(what):
            url = f"{self._api.base_url}/v{self._api.api_version}{path}"
            answer = self._api.post(url, json=dict(body), timeout=_TIMEOUT_S)
            if answer.status_code >= 400:
                text = str(answer.json().get("message", answer.text)).strip()
                raise HostError(f"The engine refused {what}: {text}", _remedy(text))
