# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container that librespot is built in: the oldest supported Debian with a current Rust."""

from __future__ import annotations

from tools.lab import images
from tools.lab.cache import Cache
from tools.lab.engine import label
from tools.lab.process import attempt, output
from tools.lab.progress import Progress
from tools.lab.recipes import BUILDER

NAME = "hardened-librespot-builder"
STORE = "/var/cache/hardened-librespot"
"""A volume of its own, so that downloads and unfinished builds outlive the container."""
_CERTIFICATES = "/usr/local/share/lab-certificates.crt"


def up(cache: Cache, progress: Progress) -> str:
    """Start the builder, or find it running, and return the container's name."""
    images.ensure([BUILDER], cache, progress)
    with cache.lock("builder"):
        found = attempt(["docker", "container", "inspect", "--format", "{{.Config.Image}} {{.State.Running}}", NAME])
        if found.stdout.split() != [BUILDER.reference, "true"]:
            down()
            _run(cache)
    return NAME


def down() -> None:
    """Remove the builder; what it downloaded stays in its volume."""
    attempt(["docker", "rm", "--force", NAME])


def _run(cache: Cache) -> None:
    trust = images.trust(_CERTIFICATES)
    if trust:
        trust += [f"--env={name}={_CERTIFICATES}" for name in ("SSL_CERT_FILE", "CARGO_HTTP_CAINFO")]
    output(["docker", "volume", "create", "--label", label(cache), NAME])
    output(
        ["docker", "run", "--detach", "--init", "--name", NAME, "--label", label(cache), "--network", "host"]
        + ["--volume", f"{NAME}:{STORE}", f"--env=CARGO_HOME={STORE}/cargo", *trust, BUILDER.reference]
    )
