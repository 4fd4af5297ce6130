# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What units of the host do with containers of ours, because the engine does not.

It leaves those as they are that are up and silent, or paused, and those whose start has failed: ``revive`` brings them
back. And it gives a network only to a container that has an interface in it already, which nothing could filter before.
So a segment is in the network of a container that has none, its holder, and does nothing but wait. When that ends and
is started again, its network is another, and empty: ``follow`` ends then, too, and the unit that runs it makes the
segment anew.

This file is installed as it is on the host. So it stands alone, on the standard library; it asks the engine at its
socket.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

SOCKET = "/run/docker.sock"
LABEL = "hardened.librespot.instance"
NAMESPACES = "/run/netns"
INTERFACE = "librespot0"

_NAME = "librespot-"
_IDENTIFIER = re.compile(r"\b[0-9a-f]{12,64}\b")
"""What is another one at each attempt in what the engine says."""

_IP = "/usr/sbin/ip"
_TIMEOUT_S = 30
_STOP_S = 2
_PATIENCE_S = 20.0
_PAUSE_S = 0.5
_SETTLED_S = 1.0
_ENOUGH = 65536
_ERROR, _NOTICE = 3, 5


class MissingError(OSError):
    """The engine has no such container."""


class _Engine(http.client.HTTPConnection):
    """The way to the engine."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)


def ask(method: str, path: str) -> bytes:
    """Return the engine's answer. Raises OSError when there is none, or when it is an error."""
    engine = _Engine("localhost", timeout=_TIMEOUT_S)
    try:
        engine.request(method, path)
        answer = engine.getresponse()
        body = answer.read()
    except http.client.HTTPException as error:
        raise OSError(f"the engine's answer is not HTTP: {error!r}") from error
    finally:
        engine.close()
    if answer.status >= 400:
        kind = MissingError if answer.status == 404 else OSError
        raise kind(f"the engine answers {answer.status}: {_message(body)}")
    return body


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return body.decode("utf-8", "replace").strip()


def restart(container: str) -> None:
    """Start a *container* anew, or at all."""
    ask("POST", f"/containers/{container}/restart?t={_STOP_S}")


def wedged() -> dict[str, str]:
    """Return the names of the containers of ours that have failed their health check, by their ids."""
    return {item["Id"]: _name(item) for item in _ours({"status": ["running"], "health": ["unhealthy"]})}


def paused() -> dict[str, str]:
    """Return the names of the containers of ours that are paused, by their ids: nothing looks at the health of one."""
    return {item["Id"]: _name(item) for item in _ours({"status": ["paused"]})}


def failed() -> dict[str, tuple[str, str]]:
    """Return those that the engine could not start, by their ids: name and reason; none that someone has stopped.

    After a boot the table may have failed to load, or an address may not have been there yet.
    """
    found = {}
    for item in _ours({"status": ["created", "exited"]}):
        # One that a killed run has set aside, or was trying, has another name; so has the holder of a segment.
        if _name(item) == _NAME + item["Labels"][LABEL]:
            reason = inspected(item["Id"])["State"]["Error"]
            if reason:
                found[item["Id"]] = _name(item), str(reason)
    return found


def _ours(state: dict[str, list[str]]) -> list[dict[str, Any]]:
    filters = quote(json.dumps({"label": [LABEL], **state}))
    return list(json.loads(ask("GET", f"/containers/json?all=1&filters={filters}")))


def _name(item: dict[str, Any]) -> str:
    return str(item["Names"][0]).lstrip("/")


def revive() -> None:
    """Restart what is wedged, let go on what is paused, and start what could not be started.

    Without an engine there is nothing to bring back.

    What cannot be started stays so without a word for as long as the reason is the same. What keeps one from coming
    back keeps no other; a restart that fails is an error at the end.
    """
    silent: list[OSError] = []
    with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
        for identifier, name in wedged().items():
            _say(_NOTICE, f"{name} is up but gives no sign of life: restarting it")
            try:
                restart(identifier)
            except OSError as error:
                silent.append(error)
        for identifier, name in paused().items():
            try:
                ask("POST", f"/containers/{identifier}/unpause")
            except OSError as error:
                # Whoever has paused it may have let it go on meanwhile, as docker commit does.
                _say(_NOTICE, f"{name} is paused and cannot be let go on: {error}")
            else:
                _say(_NOTICE, f"{name} was paused: letting it go on")
        for identifier, (name, reason) in failed().items():
            try:
                ask("POST", f"/containers/{identifier}/start")
            except OSError as error:
                if _IDENTIFIER.sub("", reason) not in _IDENTIFIER.sub("", str(error)):
                    _say(_NOTICE, f"{name} cannot be started: {error}")
            else:
                _say(_NOTICE, f"{name} could not be started before: started it")
    if silent:
        raise silent[0]


def inspected(container: str) -> dict[str, Any]:
    """Return what the engine says of a *container*."""
    return dict(json.loads(ask("GET", f"/containers/{container}/json")))


def started(container: str, anew: bool = False) -> tuple[int, int]:
    """Start *container*, *anew* or unless it runs; return the number of its process, and a descriptor of that alone.

    Raises TimeoutError when it does not come up.
    """
    deadline, said = time.monotonic() + _PATIENCE_S, "it does not stay up"
    while time.monotonic() < deadline:
        try:
            ask("POST", f"/containers/{container}/{f'restart?t={_STOP_S}' if anew else 'start'}")
            state = inspected(container)["State"]
            if state["Pid"]:
                process = os.pidfd_open(state["Pid"])
                # Until here the number may have become another process's.
                if inspected(container)["State"]["StartedAt"] == state["StartedAt"] and not ended(process):
                    return state["Pid"], process
                os.close(process)
        except OSError as error:
            said = str(error)
        time.sleep(_PAUSE_S)
    raise TimeoutError(f"the container {container} does not run: {said}")


def ended(process: int, seconds: float = 0) -> bool:
    """Wait at most *seconds* for the end of the process of a descriptor; return whether it has ended."""
    return bool(select.select([process], [], [], seconds)[0])


def playing(container: str, holder: str) -> str:
    """Return the id of *container* if its network is that of *holder*; empty when it is not, or one is missing."""
    try:
        found, network = inspected(container), inspected(holder)["Id"]
    except MissingError:
        return ""
    return str(found["Id"]) if found["HostConfig"]["NetworkMode"] == f"container:{network}" else ""


def attach(container: str, holder: str, namespace: str) -> None:
    """Give a new network of the container *holder* the name *namespace*. Raises OSError.

    The one before ends with all that anyone has put there: with *holder*, and with what was in it.
    """
    identifier = playing(container, holder)
    if identifier:
        ask("POST", f"/containers/{identifier}/stop?t={_STOP_S}")
    pid, process = started(holder, anew=True)
    subprocess.run([_IP, "netns", "attach", namespace, str(pid)], check=True)
    # The table of a segment is loaded there next, and would take the place of the host's.
    host = os.path.samefile(f"{NAMESPACES}/{namespace}", "/proc/self/ns/net")
    if host or ended(process):
        subprocess.run([_IP, "netns", "delete", namespace], check=True)
        raise OSError(f"{holder} has the host's network" if host else f"{holder} ended")
    os.close(process)


def bring(container: str, holder: str) -> None:
    """Start *container* anew if it is in the network of *holder*.

    One that cannot be started is no reason to take its network down again.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            identifier = playing(container, holder)
            if identifier:
                restart(identifier)
        except OSError as error:
            if time.monotonic() > deadline:
                _say(_ERROR, str(error))
                return
            time.sleep(_PAUSE_S)
        else:
            return


def addresses(namespace: str) -> set[str]:
    """Return the lasting addresses of the interface of a segment, none that are link-local; empty while it has none."""
    argv = [_IP, "-n", namespace, "-json", "address", "show", "dev", INTERFACE]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    links = json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else []
    found = [entry for item in links for entry in item.get("addr_info", ())]
    return {item["local"] for item in found if item.get("scope") == "global" and not item.get("temporary")}


def follow(container: str, holder: str, namespace: str, lease: bool) -> None:
    """Return when *holder* has ended. With a *lease*, start *container* anew when its address is another."""
    pid, process = started(holder)
    if not os.path.samefile(f"{NAMESPACES}/{namespace}", f"/proc/{pid}/ns/net"):
        return
    if not lease:
        select.select([process], [], [])
        return
    argv = [_IP, "-n", namespace, "monitor", "address"]
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    with subprocess.Popen(argv, stdout=theirs, stderr=subprocess.DEVNULL) as monitor:
        os.close(theirs)
        said: set[str] = set()
        while not ended(process):
            now = addresses(namespace)
            # One more address is no reason to stop the music.
            if now and (not said or not said <= now):
                bring(container, holder)
                said = now
            select.select([process, ours], [], [])
            # A lease comes in several steps.
            if ended(process, _SETTLED_S) or not os.read(ours, _ENOUGH):
                break
        monitor.kill()


def _say(level: int, text: str) -> None:
    """Write a line to the journal, as important as syslog(3) counts it."""
    stream = sys.stderr if level <= _ERROR else sys.stdout
    stream.write(f"<{level}>{text}\n")
    stream.flush()


def main(words: Sequence[str] | None = None) -> int:
    """Do one step. To have followed the holder to its end is a failure: it shall not end."""
    parser = argparse.ArgumentParser(description="Keeps containers of ours alive, and in their segments.")
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("revive", help="bring back those that are silent or paused, or whose start has failed")
    for name, does in (("attach", "name its network"), ("bring", "start what is in it"), ("follow", "follow it")):
        step = steps.add_parser(name, help=f"of the container that holds a segment: {does}")
        for argument in ("container", "holder", "namespace"):
            step.add_argument(f"--{argument}", required=True)
        step.add_argument("--lease", action="store_true", help="its address can change")
    asked = parser.parse_args(words)
    try:
        if asked.step == "revive":
            revive()
        elif asked.step == "attach":
            attach(asked.container, asked.holder, asked.namespace)
        elif asked.step == "bring":
            bring(asked.container, asked.holder)
        else:
            follow(asked.container, asked.holder, asked.namespace, asked.lease)
            _say(_NOTICE, f"{asked.holder} has another network, or none: making its segment anew")
            return 1
    except (OSError, subprocess.CalledProcessError) as error:
        _say(_ERROR, str(error))
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
