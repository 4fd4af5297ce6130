# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removal leaves the host as it was, but for packages of the distribution."""

from __future__ import annotations

from typing import Any

from testinfra.host import Host

from ansible_collections.hardened.librespot.tests.molecule.conftest import listing, pristine

# What installing any package and any user leaves, and what changes by itself.
_OTHERS = (
    "/etc/ld.so.cache",
    "/var/lib/dpkg/",
    "/var/lib/apt/",
    "/var/cache/",
    "/var/log/",
    "/var/lib/systemd/",
    "/run/",
    "/root/.ansible",
    "/tmp/",
    "/var/tmp/",
    "/etc/passwd-",
    "/etc/shadow-",
    "/etc/group-",
    "/etc/gshadow-",
)


def test_everything_is_as_it_was(host: Host) -> None:
    before, after = (
        {line for line in text.splitlines() if not line.split("\t")[1].startswith(_OTHERS)}
        for text in (pristine(host), listing(host))
    )
    assert before - after == set()
    packaged = set(host.check_output("sh -c 'cat /var/lib/dpkg/info/*.list'").splitlines())
    assert [line for line in sorted(after - before) if line.split("\t")[1] not in packaged] == []


def test_nothing_runs_any_more(host: Host) -> None:
    assert host.run("pgrep librespot").failed
    assert host.run("getent passwd librespot-kitchen librespot-bath").failed
    assert host.check_output("systemctl list-units --all --no-legend --plain 'librespot*'") == ""


def test_the_second_removal_changed_nothing(runs: list[dict[str, Any]]) -> None:
    first, second = (run for run in runs if run["playbook"] == "absent.yml")
    assert first["changed"]
    assert second["hosts"]
    assert second["changed"] == []
