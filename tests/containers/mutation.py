# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A control is taken away from a container, and exactly what was declared turns red."""

from __future__ import annotations

from collections.abc import Callable

from tests.attacks.deployment import PORT
from tests.attacks.hosts import Target
from tests.containers.speaker import NAME
from tests.mutants.catalogue import Mutant
from tests.mutants.world import Findings, red


def dies(host: Target, mutant: Mutant, look: Callable[[], Findings], mend: Callable[[], int]) -> None:
    """Let *mutant* live on the *host* until the next run; *look* audits, and *mend* runs and counts what changed."""
    host.shell(mutant.script, timeout=180)
    found = red(look())
    if mutant.by_hand:
        host.shell(mutant.by_hand, timeout=120)
    assert set(found) == mutant.declared(enforces=True), found
    assert bool(mend()) != bool(mutant.by_hand)
    left = red(look())
    assert left == {}, left


def by_hand(options: str, port: int = PORT) -> str:
    """Return a script that runs the kitchen as anyone would, with *options* of the engine, in its container's place."""
    return f"""
image=$(docker inspect --format '{{{{.Image}}}}' {NAME})
docker rm --force {NAME} >/dev/null
docker run --detach --name {NAME} --label hardened.librespot.instance=kitchen {options} $image \\
  --name Kitchen --backend alsa --device null --zeroconf-port {port} >/dev/null
sleep 2
"""


def made_again(option: str, *instead: str) -> str:
    """Return a script that makes the container anew, the same in all else, with *instead* of a security *option*."""
    kept = f'[item for item in host["SecurityOpt"] if not item.startswith("{option}=")]'
    return made_with(f'host["SecurityOpt"] = {kept} + {list(instead)}')


def made_with(change: str) -> str:
    """Return a script that makes the container anew, the same in all else than a *change* to its part *host*."""
    return f"""
python3 - <<'END'
import docker
api = docker.APIClient()
found = api.inspect_container("{NAME}")
host = found["HostConfig"]
{change}
networks = {{"EndpointsConfig": {{"{NAME}": {{}}}}}}
api.remove_container("{NAME}", force=True)
again = {{**found["Config"], "HostConfig": host, "NetworkingConfig": networks}}
api.start(api.create_container_from_config(again, "{NAME}"))
END
sleep 2
"""
