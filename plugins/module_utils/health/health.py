# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The health of the instances of one host: what is asked where, and which program it shall be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from ..host.asking import Question
from ..host.engine import Engine
from ..host.engines import AnyEngine, engine_called
from ..host.liveness import addresses
from ..host.namespaces import inside_of
from ..host.podman import Podman
from ..model.artifact import MANIFEST
from ..model.bind import ADDRESS
from ..model.errors import HostError, missing, why
from ..model.health import BINARY, WELL, Judgement, Terms
from ..model.image import PROGRAM
from ..model.instance import Instance, Specification
from ..model.layout import RELEASES
from ..model.network import placed
from ..planners.containers import published_at
from ..planners.registry import Host
from ..planners.rootfs import manifest_of
from .running import Containers, Looking, Quadlets, Run, Services, digest
from .watch import Edges, Watch, as_data


def health(host: Host, spec: Specification, asked: Terms, contained: bool, called: str) -> list[dict[str, Any]]:
    """Return what is seen of each present instance of *spec*. It changes nothing.

    *contained* is whether they are in containers, and *called* the engine that runs them then. Raises
    `LibrespotError` when there is nothing to compare them with, or the engine cannot be asked.
    """
    if not spec.present:
        raise missing("instances", "Describe one that is present, or leave this host out", "has none to ask")
    seen = host.network()
    instances = [placed(item, seen) for item in spec.present]
    engine = engine_called(called, host.commands) if contained else None
    looking = _looking(host, engine)
    program = partial(_image, host, asked) if contained else partial(_release, _wanted(host, asked))
    watch = Watch(Edges(looking, partial(places, engine), program), instances, asked)
    return [as_data(course, looking) for course in watch.run()]


def _looking(host: Host, engine: AnyEngine | None) -> Looking:
    if engine is None:
        return Services(host.systemd)
    return Quadlets(engine, host.systemd) if isinstance(engine, Podman) else Containers(engine)


def places(engine: AnyEngine | None, instance: Instance, run: Run) -> list[Question]:
    """Return where a client would ask *instance*. Raises `HostError` or `OSError` when there is no such place now."""
    if instance.segment:
        # There its addresses are, and whoever is on this host cannot reach them from outside.
        with inside_of(run.pid):
            found = addresses()
        return _questions(instance, found, run.pid)
    if instance.bridge:
        return _questions(instance, published_at(instance, engine.families if engine else Engine.families))
    only = instance.bind.value if instance.bind.kind == ADDRESS else ""
    return _questions(instance, addresses(instance.interface, only) if instance.interface else ["127.0.0.1"])


def _questions(instance: Instance, found: Sequence[str], pid: int = 0) -> list[Question]:
    if not found:
        raise HostError(f"{instance.interface or 'its segment'} has no address", "Wait until it has one")
    return [Question(address, instance.port, pid) for address in found]


def _wanted(host: Host, asked: Terms) -> tuple[str, str]:
    """Return the release that shall run, and the digest of its program. Raises `HostError` when it is not there."""
    name = asked.release or host.active_release()
    entry = host.files.read(f"{RELEASES}/{name}/{MANIFEST}") if name else None
    if entry is None:
        said = f"The release {name} is not on this host" if name else "No release is active on this host"
        raise HostError(said, "Install one with the role librespot_install, or name one that is there")
    try:
        return name, str(json.loads(entry.content)["binary"]["sha256"])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise HostError(
            f"{RELEASES}/{name}/{MANIFEST} cannot be read: {why(error)}", "Install that release again"
        ) from error


def _release(wanted: tuple[str, str], run: Run) -> Judgement:
    """Judge the program of a service."""
    name, sha256 = wanted
    seen = digest(run)
    if seen == sha256:
        return WELL
    of = f" of the release {run.artifact}" if run.artifact else ""
    return Judgement(BINARY, f"the program of {name} (sha256 {sha256})", f"a program{of} (sha256 {seen})")


def _image(host: Host, asked: Terms, run: Run) -> Judgement:
    """Judge the image of a container, and the program in it."""
    if asked.image and run.image != asked.image:
        return Judgement(BINARY, f"the image {asked.image}", f"the image {run.image}")
    if asked.release and run.artifact != asked.release:
        return Judgement(BINARY, f"an image of {asked.release}", f"one of {run.artifact or 'something else'}")
    files = manifest_of(host.files, run.image).get("files", ())
    sha256 = next((str(item["sha256"]) for item in files if item["path"] == PROGRAM), "")
    if not sha256:
        return Judgement(BINARY, "an image of ours", f"the image {run.image}, which has no manifest on this host")
    seen = digest(run)
    if seen == sha256:
        return WELL
    return Judgement(BINARY, f"the program of its image (sha256 {sha256})", f"another one (sha256 {seen})")
