# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only a kernel of the host's own enforces, read where the kernel keeps it."""

from __future__ import annotations

from ansible_collections.hardened.librespot.tests.molecule.speaker import Speaker

MIB = 1024**2


def limit(speaker: Speaker, name: str) -> str:
    """Return a limit of the instance's cgroup."""
    path = f"/sys/fs/cgroup{speaker.show('ControlGroup')}/{name}"
    return str(speaker.host.check_output("cat %s", path))


def test_the_kernel_has_the_limits(speaker: Speaker) -> None:
    assert limit(speaker, "memory.max") == str(128 * MIB)
    assert limit(speaker, "memory.swap.max") == "0"
    assert limit(speaker, "cpu.max") == "50000 100000"
    assert limit(speaker, "pids.max") == "64"


def test_it_is_counted_there(speaker: Speaker) -> None:
    assert str(speaker.pid) in limit(speaker, "cgroup.procs").split()
    assert 0 < int(limit(speaker, "memory.current")) < 128 * MIB
