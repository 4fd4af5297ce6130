# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter of system calls: librespot works under it, and it is narrower than the engine's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.image import PROBE
from tests.attacks.deployment import PORT
from tests.attacks.hosts import until
from tests.attacks.login import encoded, form, malformed
from tests.attacks.tables import show
from tests.containers.speaker import NAME, Speaker
from tests.support.hosts import BUILDER, Host

BACK_S = 60
PLAIN = "with-the-engines-own"
_NUMBERS = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"


@pytest.fixture
def plain(running: Speaker) -> Iterator[str]:
    """Return a container of the same image under the engine's own filter."""
    options = ["--security-opt=no-new-privileges", "--cap-drop=ALL"]
    command = ["--name=Plain", "--backend=pipe", f"--zeroconf-port={PORT}"]
    running.docker("rm", "--force", PLAIN)
    running.docker("run", "--detach", "--name", PLAIN, *options, running.inspect()["Image"], *command)
    try:
        yield PLAIN
    finally:
        running.docker("rm", "--force", PLAIN)


def _restarts(speaker: Speaker) -> int:
    return int(speaker.inspect()["RestartCount"])


def test_logins_that_are_malformed_or_worth_nothing_end_as_they_do_without_a_filter(running: Speaker) -> None:
    assert running.status()["Seccomp"] == "2"
    info = running.host.answer(PORT)
    assert info is not None
    before = running.identity
    for name, body in malformed(info).items():
        assert running.host.post(PORT, body) in {0, 200, 404}, name
    assert running.identity == before
    # It looks for Spotify, does not find it, and ends by itself with the code 1.
    restarts = _restarts(running)
    assert running.host.post(PORT, encoded(form(info, "nobody"))) in {0, 200}
    until(lambda: _restarts(running) > restarts and running.answers, BACK_S, "it has ended and answers again")
    assert "Operation not permitted" not in running.docker("logs", NAME)


def test_what_everyone_may_do_is_refused_in_ours_and_not_in_another(running: Speaker, plain: str) -> None:
    ours = running.host.run("docker", "exec", NAME, PROBE, "refused")
    theirs = running.host.run("docker", "exec", plain, PROBE, "refused")
    assert (ours.returncode, ours.stderr) == (0, "")
    assert theirs.returncode == 1
    assert len(theirs.stderr.splitlines()) == 4, theirs.stderr


def _granted(speaker: Speaker, name: str) -> set[str]:
    """Return the calls that the runtime was told to allow, whatever their arguments."""
    where = "/run/containerd/io.containerd.runtime.v2.task/moby"
    told = json.loads(speaker.host.out("cat", f"{where}/{speaker.inspect(name)['Id']}/config.json"))
    rules = told["linux"]["seccomp"]["syscalls"]
    known = set(re.findall(r"^#define __NR_(\w+)", Host(BUILDER).out("cat", _NUMBERS), re.MULTILINE))
    return known & {call for rule in rules if rule["action"] == "SCMP_ACT_ALLOW" for call in rule["names"]}


def test_it_is_far_narrower_than_the_engines_own(running: Speaker, plain: str) -> None:
    ours, theirs = _granted(running, NAME), _granted(running, plain)
    version = running.docker("version", "--format", "{{.Server.Version}}")
    show(f"calls that engine {version} grants", ["its own filter", "ours"], [[str(len(theirs)), str(len(ours))]])
    assert ours <= theirs
    assert len(ours) < len(theirs) / 3
