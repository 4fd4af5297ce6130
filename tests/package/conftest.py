# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A controller that has the collection from its tarball, and no checkout."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible.release import __version__

from tests.support.hosts import CHECKOUT, fresh, lab
from tests.support.plays import Controller, built
from tools.checks import placed


def clean_environment(home: Path) -> dict[str, str]:
    """Return the variables of a controller with this ansible-core, the collection's requirements, and an empty *home*.

    Of what the checks have, only the collection with the connection to containers is left.
    """
    core = ".".join(__version__.split(".")[:2])
    shown = lab("env", "--kind", "controller", "--core", core)
    exports = dict(line.removeprefix("export ").split("=", 1) for line in shown.splitlines())
    _checkout, collections = exports["ANSIBLE_COLLECTIONS_PATH"].split(os.pathsep)
    return {
        "PATH": exports["PATH"],
        "ANSIBLE_COLLECTIONS_PATH": f"{home / 'collections'}{os.pathsep}{collections}",
        "ANSIBLE_HOME": str(home / "ansible"),
        "PYTHONPATH": "",
    }


@pytest.fixture(scope="session")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """Build and install the tarball, and start a pristine host."""
    home = tmp_path_factory.mktemp("home")
    clean = clean_environment(home)
    environment = {**os.environ, **clean}
    source = placed.place(CHECKOUT, tmp_path_factory.mktemp("source"))
    galaxy = ["ansible-galaxy", "collection"]
    subprocess.run([*galaxy, "build", "--output-path", str(home)], cwd=source, env=environment, check=True)
    (tarball,) = home.glob("hardened-librespot-*.tar.gz")
    install = [*galaxy, "install", "--offline", "--collections-path", str(home / "collections"), str(tarball)]
    subprocess.run(install, cwd=home, env=environment, check=True)
    with fresh("hardened-librespot-package") as host:
        made = Controller(host, home, **clean)
        built(made)
        yield made
