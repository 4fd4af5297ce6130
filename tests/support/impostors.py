# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases of programs that say they are librespot, and do one thing wrong each."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.hosts import lab
from tests.support.plays import Controller

_SOURCE = Path(__file__).with_name("impostor.c")
_BUILD = """
d=$(mktemp -d); trap 'rm -rf $d' EXIT; cat > $d/p.c; cd $d
gcc -O1 -Wall -Wextra -Werror -DMANNER="\\"$1\\"" -DVERSION="\\"$2\\"" -DANSWERED="\\"$3\\"" -o p p.c; cat p
"""


def impostor(controller: Controller, manner: str, version: str = "0.8.0", answers: str = "") -> dict[str, Any]:
    """Return id and path of the artifact of a program with this *manner*, as the module ``build`` takes a user's own.

    It says that it is librespot *version*, and answers as another one when *answers* says so. With the *variables* that
    are returned as well, the roles deploy it.
    """
    script = ["sh", "-euc", _BUILD, "sh", manner, version, answers or version]
    made = subprocess.run(
        ["docker", "exec", "--interactive", lab("builder", "up"), *script],
        input=_SOURCE.read_bytes(),
        capture_output=True,
        check=True,
    )
    program = controller.directory / f"impostor-{manner}-{version}-{answers}"
    program.write_bytes(made.stdout)
    arguments: Mapping[str, Any] = {
        "method": "artifact",
        "version": version,
        "architecture": "{{ lookup('pipe', 'uname -m') }}",
        "url": str(program),
        "sha256": hashlib.sha256(made.stdout).hexdigest(),
        "cache_dir": str(controller.directory / "artifacts"),
    }
    said = controller.directory / "impostor.json"
    controller.converge(
        controller.playbook(
            {"hardened.librespot.build": arguments, "delegate_to": "localhost", "register": "built"},
            {
                "ansible.builtin.copy": {"content": "{{ built | to_json }}", "dest": str(said), "mode": "0600"},
                "delegate_to": "localhost",
            },
        ),
        {},
    )
    found = json.loads(said.read_text(encoding="utf-8"))
    variables = {f"librespot_install_{name}": arguments[name] for name in ("method", "url", "sha256", "cache_dir")}
    return {"id": found["id"], "path": found["path"], "variables": variables}
