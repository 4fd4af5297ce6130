# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker images of the lab: found, loaded from the cache, or made on a Debian that was pulled or bootstrapped."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.lab import packages
from tools.lab.cache import Cache
from tools.lab.engine import label
from tools.lab.process import attempt, logged, output
from tools.lab.progress import Progress
from tools.lab.recipes import BUILD_CERTIFICATES, PREFIX, Recipe

PULL_ANSWER_S = 10


def present(references: Iterable[str]) -> set[str]:
    """Return those of *references* that Docker has."""
    wanted = set(references)
    found = attempt(["docker", "image", "inspect", "--format", '{{join .RepoTags "\\n"}}', *sorted(wanted)])
    return wanted & set(found.stdout.split())


def ensure(recipes: Iterable[Recipe], cache: Cache, progress: Progress) -> None:
    """Make sure that Docker has the image of every recipe, and that the cache has it too."""
    archives = {recipe: cache.directory("images") / f"{recipe.name}-{recipe.key}.tar" for recipe in recipes}
    ready = present(recipe.reference for recipe in archives)
    for recipe, archive in archives.items():
        if recipe.reference not in ready or not archive.is_file():
            with cache.lock(f"image-{recipe.name}"):
                _make(recipe, archive, cache, progress)


def trust(target: str) -> list[str]:
    """Return docker options that put the certificates which this machine trusts at *target*, if it names any."""
    bundle = os.environ.get("SSL_CERT_FILE")
    return ["--volume", f"{bundle}:{target}:ro"] if bundle and Path(bundle).is_file() else []


def _make(recipe: Recipe, archive: Path, cache: Cache, progress: Progress) -> None:
    log = cache.log(f"image-{recipe.name}")
    if not present([recipe.reference]):
        if archive.is_file():
            with progress.step(f"loading the image {recipe.name} from the cache"):
                logged(["docker", "load", "--input", str(archive)], log)
            return
        bare = base(recipe.codename, cache, progress)
        with progress.step(f"making the image {recipe.name}"):
            _commit(recipe, bare, cache, log)
    with progress.step(f"keeping the image {recipe.name} in the cache"), cache.publish(archive) as temporary:
        logged(["docker", "save", "--output", str(temporary), recipe.reference], log)


def _commit(recipe: Recipe, bare: str, cache: Cache, log: Path) -> None:
    container = f"{PREFIX}-make-{recipe.name}-{os.getpid()}"
    command = ",".join(f'"{word}"' for word in recipe.command)
    try:
        logged(
            [
                "docker",
                "run",
                "--name",
                container,
                "--label",
                label(cache),
                "--network",
                "host",
                *trust(BUILD_CERTIFICATES),
            ]
            + [bare, "sh", "-c", recipe.setup],
            log,
        )
        logged(
            ["docker", "commit", "--change", f"CMD [{command}]", "--change", f"LABEL {label(cache)}"]
            + [container, recipe.reference],
            log,
        )
    finally:
        attempt(["docker", "rm", "--force", "--volumes", container])


def base(codename: str, cache: Cache, progress: Progress) -> str:
    """Return the image of a bare Debian *codename*: the published one where a registry answers, else one made here."""
    reference = f"{PREFIX}/base:{codename}"
    with cache.lock(f"image-base-{codename}"):
        if present([reference]):
            return reference
        published = f"debian:{codename}"
        log = cache.log("image-base")
        if present([published]):
            _adopt(published, reference, cache)
        elif _pull(published, progress):
            _adopt(published, reference, cache)
            # It carries no label of ours, so nothing else would ever remove it.
            output(["docker", "image", "rm", published])
        else:
            _bootstrap(codename, reference, log, cache, progress)
    return reference


def _pull(reference: str, progress: Progress) -> bool:
    """Pull *reference*; a registry that has not even answered after a few seconds counts as none."""
    with progress.step(f"pulling {reference}"):
        pull = subprocess.Popen(
            ["docker", "pull", reference],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        silence = threading.Timer(PULL_ANSWER_S, pull.terminate)
        silence.start()
        for _unused in pull.stdout or ():
            silence.cancel()
        silence.cancel()
        return pull.wait() == 0


def _adopt(published: str, reference: str, cache: Cache) -> None:
    container = output(["docker", "create", published])
    try:
        output(["docker", "commit", "--change", f"LABEL {label(cache)}", container, reference])
    finally:
        attempt(["docker", "rm", container])


def _bootstrap(codename: str, reference: str, log: Path, cache: Cache, progress: Progress) -> None:
    packages.ensure(
        ["mmdebstrap", "debian-archive-keyring"], "making a Debian image without a registry", cache, progress
    )
    with progress.step(f"making a bare Debian {codename}"), TemporaryDirectory(dir=cache.directory("images")) as work:
        archive = f"{work}/{codename}.tar"
        logged(["mmdebstrap", "--variant=minbase", codename, archive], log)
        logged(["docker", "import", "--change", f"LABEL {label(cache)}", archive, reference], log)
