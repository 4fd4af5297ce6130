# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leaves nothing behind of what the lab made: machines, containers, images, volumes, and the cache."""

from __future__ import annotations

from tools.lab import engine, machines
from tools.lab.cache import Cache
from tools.lab.process import attempt, output
from tools.lab.progress import Progress

_LIST = {
    "container": ["--all", "--format", "{{.ID}}"],
    "image": ["--format", "{{.Repository}}:{{.Tag}}", "--filter", "dangling=false"],
    "volume": ["--format", "{{.Name}}"],
}
"""What can carry the label, in the order in which it is removed, and how ``docker KIND ls`` names it."""


def clean(keep_cache: bool, cache: Cache, progress: Progress) -> None:
    """Remove everything in Docker with this cache's label and, unless *keep_cache*, the cache itself.

    Packages that were installed stay: something else may use them by now.
    """
    if not cache.exists():
        progress.say(f"nothing to clean: {cache.root} is not a cache of the lab")
        return
    for name in machines.names(cache):
        machines.down(name, cache)
    with progress.step("removing containers, images and volumes"):
        for kind, options in _LIST.items():
            _remove(kind, options, engine.label(cache))
        # What a build that was stopped has left has no name.
        attempt(["docker", "image", "prune", "--force", "--filter", f"label={engine.label(cache)}"])
    if not keep_cache:
        engine.stop(cache, progress)
        with progress.step(f"removing {cache.root}"):
            cache.destroy()


def _remove(kind: str, options: list[str], owner: str) -> None:
    found = attempt(["docker", kind, "ls", *options, "--filter", f"label={owner}"])
    names = found.stdout.split()
    if found.returncode == 0 and names:
        output(["docker", kind, "rm", "--force", *names])
