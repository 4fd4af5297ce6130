# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The player in librespot's place in a container's image, with everything that the container is held by.

In its place, since an AppArmor profile lets nothing else be executed, and no other files be read than librespot's.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.hosts import Target
from tests.harness import program

_TONE = "/usr/share/alsa/tone.mp3"

# On the host. An image from the container's own files, but for librespot, and the sound; a container of it, as the
# engine describes the one that plays nothing, but without its port and its network.
_INSTALL = r"""
import docker, io, sys, tarfile
api = docker.APIClient()
made = io.BytesIO()
with tarfile.open(fileobj=io.BytesIO(b"".join(api.export(sys.argv[1])))) as old, tarfile.open(None, "w", made) as new:
    for member in old:
        # A file system in memory takes the mode of the directory that it is mounted on; this one the runtime has made.
        if member.name.strip("/") not in ("scratch", "usr/bin/librespot"):
            new.addfile(member, old.extractfile(member) if member.isreg() else None)
    new.add("/root/play", "usr/bin/librespot")
    new.add("/root/tone.mp3", "usr/share/alsa/tone.mp3")
api.import_image_from_data(made.getvalue(), repository="player", tag="latest")
"""
_PLAY = r"""
import base64, docker, json, sys
asked = json.load(sys.stdin)
api = docker.APIClient()
like = api.inspect_container(asked["like"])
host = {**like["HostConfig"], "NetworkMode": "none", "PortBindings": {}, "RestartPolicy": {"Name": "no"}}
host["LogConfig"] = {"Type": "none"}
if "seccomp" in asked:
    host["SecurityOpt"] = [item for item in host["SecurityOpt"] if not item.startswith("seccomp=")] + asked["seccomp"]
config = {"Image": "player:latest", "Entrypoint": ["/usr/bin/librespot"], "Cmd": asked["argv"], "HostConfig": host}
config.update({name: like["Config"][name] for name in ("User", "Env")})
made = api.create_container_from_config(config)["Id"]
try:
    out = api.attach(made, stdout=True, stderr=True, stream=True, demux=True)
    api.start(made)
    parts = list(out)
    status = api.wait(made)["StatusCode"]
finally:
    api.remove_container(made, force=True)
pcm, said = (b"".join(part[index] or b"" for part in parts) for index in (0, 1))
print(json.dumps({"status": status, "pcm": base64.b64encode(pcm).decode(), "said": said.decode("utf-8", "replace")}))
"""


@dataclass(frozen=True)
class Played:
    """How the player ended, what it wrote to its standard output, and what it said."""

    status: int
    pcm: bytes
    said: str


def install(host: Target, like: str, player: Path, sound: Path) -> None:
    """Make an image of the files of the container *like*, with the *player* and the *sound* in it."""
    host.install(player, "/root/play")
    host.install(sound, "/root/tone.mp3")
    host.out("python3", "-c", _INSTALL, like, timeout=300)


def remove(host: Target) -> None:
    """Remove the image."""
    host.run("docker", "rmi", "--force", "player:latest")
    host.run("rm", "-f", "/root/play", "/root/tone.mp3")


def play(
    host: Target, like: str, backend: str, *device: str, seccomp: Sequence[str] | None = None, timeout: float = 120
) -> Played:
    """Play under all that holds the container *like*; *seccomp* are options of the engine instead of its filter."""
    asked: dict[str, object] = {"like": like, "argv": [_TONE, program.URI, backend, *device]}
    if seccomp is not None:
        asked["seccomp"] = list(seccomp)
    host.write("/root/play.py", _PLAY)
    said = json.loads(host.out("python3", "/root/play.py", text=json.dumps(asked), timeout=timeout))
    return Played(said["status"], base64.b64decode(said["pcm"]), said["said"])
