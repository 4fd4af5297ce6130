# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that are taken for a release of librespot until they run: they say what they were made of, and fail."""

from __future__ import annotations

import hashlib
import json
import subprocess
import zlib
from pathlib import Path
from typing import Any

from tests.support.hosts import CHECKOUT, lab

_SOURCE = CHECKOUT / "tests/support/impostor.c"
_BUILD = """
d=$(mktemp -d); trap 'rm -rf $d' EXIT; cd $d; cat > p.c; echo "$4" | base64 -d > record
gcc -O1 -DMANNER="\\"$1\\"" -DVERSION="\\"$2\\"" -DANSWERED="\\"$3\\"" -o p p.c
objcopy --add-section .dep-v0=record p; cat p
"""
_CRATES = [{"name": "librespot", "version": "0.8.0", "source": "local", "root": True, "dependencies": []}]


def failing(directory: Path, manner: str, version: str, answers: str = "") -> dict[str, Any]:
    """Return the variables by which a program with this *manner* is taken as librespot *version*.

    It answers as another one when *answers* says so.
    """
    record = zlib.compress(json.dumps({"packages": _CRATES}).encode())
    encoded = subprocess.run(["base64", "--wrap=0"], input=record, capture_output=True, check=True).stdout.decode()
    made = subprocess.run(
        ["docker", "exec", "--interactive", lab("builder", "up"), "sh", "-euc", _BUILD, "sh"]
        + [manner, version, answers or version, encoded],
        input=_SOURCE.read_bytes(),
        capture_output=True,
        check=True,
    )
    program = directory / f"program-{manner}-{answers or version}"
    program.write_bytes(made.stdout)
    return {
        "librespot_version": version,
        "librespot_install_method": "artifact",
        "librespot_install_url": str(program),
        "librespot_install_sha256": hashlib.sha256(made.stdout).hexdigest(),
        # What is made here is of no use to others.
        "librespot_install_cache_dir": str(directory / "artifacts"),
    }
