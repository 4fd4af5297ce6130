# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Symbolic links planted wherever a run writes: none is followed, and the run says which one stands in its way.

The same link is then given to a plain ``cat >``, as scripts write files: there it leads where its planter wants.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.deployment import APPLY, BEDROOM, KITCHEN, PORT, UNITS, apply, deploy, specified
from tests.attacks.hosts import Target, target
from tests.attacks.tables import show
from tests.support.plays import Controller, built

FILES = (
    "/etc/librespot/kitchen.env",
    "/etc/librespot/credentials/kitchen.json",
    f"{UNITS}/librespot-kitchen.service",
    f"{UNITS}/librespot-kitchen-watchdog.service",
    f"{UNITS}/librespot-kitchen-watchdog.timer",
    f"{UNITS}/librespot.slice",
    "/opt/librespot/libexec/liveness.py",
)
DIRECTORIES = (
    "/etc/librespot/credentials",
    "/etc/librespot",
    "/opt/librespot/libexec",
    "/opt/librespot",
    "/var/lib/hardened-librespot",
)
RELEASES = ("/opt/librespot/releases/{id}/bin/librespot", "/opt/librespot/releases/{id}", "/opt/librespot/releases")
VICTIM = "/root/victim"
LOGIN = '{"username": "alice", "auth_type": 1, "auth_data": "c2VjcmV0"}'
WANTED = {**specified(), "librespot_credentials": {"kitchen": LOGIN}}


@pytest.fixture(scope="module", params=["debian12"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Return a host of its own, since what a planter does to it is not to be met by other tests."""
    with target(str(request.param), "links") as made:
        deploy(Controller(made, tmp_path_factory.mktemp("links")))
        yield made


def plant(host: Target, path: str) -> None:
    """Put a link to the victim in the place of *path*."""
    end = "/file" if path in FILES or path.endswith("bin/librespot") else ""
    host.shell(
        f"rm -rf {VICTIM}; mkdir {VICTIM}; echo precious > {VICTIM}/file\n"
        f"chmod 0640 {VICTIM}/file; chmod 0751 {VICTIM}\n"
        f"mv {path} {path}.kept 2>/dev/null || :; ln -s {VICTIM}{end} {path}"
    )


def restore(host: Target, path: str) -> None:
    """Put back what stood there."""
    host.shell(f"rm -f {path}; mv {path}.kept {path} 2>/dev/null || :")


def untouched(host: Target) -> bool:
    """Whether the victim is what it was: names, content, modes and owners."""
    found = host.shell(f"cd {VICTIM}; stat --format='%n %a %U' . *; cat file")
    return found == ". 751 root\nfile 640 root\nprecious"


def test_planted_links_are_not_followed(host: Target, tmp_path: Path) -> None:
    controller = Controller(host, tmp_path)
    release = host.out("readlink", "/opt/librespot/current").strip().rpartition("/")[2]
    assert release == built(controller)["id"]
    rows = []
    for path in (*FILES, *DIRECTORIES):
        plant(host, path)
        run = controller.run(APPLY, WANTED)
        assert untouched(host), path
        assert run.status != 0, path
        assert path in run.output
        assert "link" in run.output
        if path in FILES:
            host.shell(f"echo overwritten > {path}")
            assert not untouched(host)
        restore(host, path)
        assert host.answer(PORT) is not None, f"{path}: the running instance went down"
        rows.append([path, "refused by name, target untouched"])
    show(f"planted links on {host.image}", ["in the place of", "ours"], rows)
    controller.converge(APPLY, specified())


@pytest.mark.parametrize("place", RELEASES)
def test_planted_links_in_a_release_are_not_followed(host: Target, tmp_path: Path, place: str) -> None:
    controller = Controller(host, tmp_path)
    artifact = built(controller)
    path = place.format(id=artifact["id"])
    plant(host, path)
    run = controller.run(Path(__file__).parents[1] / "support" / "activate.yml", {"artifact": artifact})
    assert untouched(host)
    # Either the link was refused, or it was put away and the release stands there again.
    if run.status == 0:
        assert host.run("test", "-L", path).returncode != 0
        host.shell(f"rm -rf {path}.kept")
    else:
        assert path in run.output
        restore(host, path)
    assert apply(controller, [KITCHEN, BEDROOM]).status == 0
    assert host.answer(PORT) is not None
