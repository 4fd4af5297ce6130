# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs in the sandbox of a container: another one is made by the same request, of the same image and the program.

The request is what the engine says of the container that runs, so that nothing of ours has a part in it.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.containers.speaker import Speaker

_TWIN = """
import docker, json, sys
asked = json.load(sys.stdin)
api = docker.APIClient()
there = api.inspect_container(asked["of"])
host = {**there["HostConfig"], "PortBindings": {}, "RestartPolicy": {"Name": "no"}}
if asked["security"] is not None:
    host["SecurityOpt"] = asked["security"]
body = {**there["Config"], "Image": asked["image"], "Entrypoint": asked["argv"][:1], "Cmd": asked["argv"][1:],
        "Healthcheck": {"Test": ["NONE"]}, "ExposedPorts": {}, "Labels": {}, "HostConfig": host}
print(api.create_container_from_config(body, asked["name"])["Id"])
"""


@dataclass(frozen=True)
class Bait:
    """A file that is put into an image, or with *content* None a directory."""

    content: bytes | None
    mode: int


def armed(speaker: Speaker, image: str, tag: str, files: Mapping[str, Bait]) -> None:
    """Make the image *tag*: *image*, and more *files*."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, bait in files.items():
            member = tarfile.TarInfo(path.lstrip("/"))
            member.type = tarfile.DIRTYPE if bait.content is None else tarfile.REGTYPE
            member.mode, member.size = bait.mode, len(bait.content or b"")
            archive.addfile(member, io.BytesIO(bait.content or b""))
    made = speaker.docker("create", image, "x")
    copy = 'base64 --decode | docker cp - "$1:/"'
    speaker.host.out("sh", "-euc", copy, "sh", made, text=base64.b64encode(packed.getvalue()).decode())
    speaker.docker("commit", made, tag)
    speaker.docker("rm", made)


@contextlib.contextmanager
def twin(speaker: Speaker, of: str, image: str, *argv: str, security: Sequence[str] | None = None) -> Iterator[str]:
    """Run *argv* of an *image* by the request that made the container *of*; yields its name.

    *security* are the engine's options of that kind instead of those in the request.
    """
    name = f"{of}-attacked"
    if name in speaker.names:
        speaker.docker("rm", "--force", name)
    asked = json.dumps({"of": of, "image": image, "argv": argv, "name": name, "security": security})
    speaker.host.out("python3", "-Ic", _TWIN, text=asked)
    try:
        speaker.docker("start", name)
        yield name
    finally:
        speaker.docker("rm", "--force", name)
