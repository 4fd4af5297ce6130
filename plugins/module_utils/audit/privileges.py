# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFG-02: what the process of an instance may do, read from the process itself, and what its binary can do."""

from __future__ import annotations

import pwd
from collections.abc import Iterator

from ..host.proc import Process, process
from ..model.errors import HostError
from ..model.finding import Finding
from ..model.instance import Instance
from ..model.layout import CURRENT
from ..planners.base import HOST
from .context import Context, each, finding, guarded, not_running

# Measured: 1.1 with every directive. A relaxation that opens a device or a group costs up to 0.2.
HIGHEST_EXPOSURE = 1.1
_RELAXED_EXPOSURE = 1.3

_NOBODY = 65534
_ALWAYS = ("pipe", "subprocess")
_VISIBLE = frozenset(
    ("dev", "etc", "lib", "lib64", "opt", "proc", "root", "run", "scratch", "sys", "tmp", "usr", "var")
)
"""What the root of an instance holds: mount points of the paths that are bound in, and empty directories."""


def look(context: Context) -> Iterator[Finding]:
    """Yield CFG-02 of the binary and of each instance."""
    if context.spec.present:
        yield from guarded("CFG-02", "features", HOST, lambda: _features(context))
    yield from each(context, "CFG-02", "rights", _rights)
    yield from each(context, "CFG-02", "file system", _file_system)
    if context.live:
        yield from each(context, "CFG-02", "exposure", _exposure)


def _features(context: Context) -> Iterator[Finding]:
    """Ask the binary which audio backends are compiled in; it prints them and ends."""
    binary = f"{CURRENT}/bin/librespot"
    done = context.host.commands.run([binary, "--backend", "?"], ok=(), user=_NOBODY, group=_NOBODY, timeout=10)
    seen = [line.strip(" -").split(" ")[0] for line in done.stdout.splitlines() if line.startswith(("-", " "))]
    if not set(_ALWAYS) <= set(seen):
        raise HostError(f"{binary} did not list its backends: {done.stderr.strip()[-200:]}", "Run it by hand")
    needed = {str(item.options.get("backend", "")) for item in context.spec.present}
    extra = sorted(set(seen) - needed - set(_ALWAYS))
    yield finding(
        "CFG-02",
        "features",
        HOST,
        not extra,
        f"backends {', '.join(sorted(needed))} (and {', '.join(_ALWAYS)}, which librespot always has)",
        f"compiled in: {', '.join(seen)}",
        f"{binary} --backend ?",
        remedy=f"Leave the features of {', '.join(extra)} out of librespot_install_features, and run playbooks/site.yml",
    )


def _rights(context: Context, instance: Instance) -> Iterator[Finding]:
    expected = f"user {instance.user}, no capabilities, no new privileges, system call filter, namespaces of its own"
    processes = context.processes(instance)
    if not processes:
        yield not_running("CFG-02", "rights", instance, expected)
        return
    wrong = [f"process {item.pid}: {text}" for item in processes for text in _wrong_rights(item, instance)]
    evidence = ", ".join(f"/proc/{item.pid}/status and ns" for item in processes)
    yield finding("CFG-02", "rights", instance.name, not wrong, expected, "; ".join(wrong) or expected, evidence)


def _wrong_rights(item: Process, instance: Instance) -> Iterator[str]:
    own = str(pwd.getpwnam(instance.user).pw_uid)
    if set(item.status["Uid"].split()) != {own}:
        yield f"runs with the user ids {item.status['Uid']}"
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        if int(item.status[name], 16):
            yield f"{name} is {item.status[name]}"
    if item.status["NoNewPrivs"] != "1":
        yield "may gain privileges"
    if item.status["Seccomp"] != "2":
        yield "has no system call filter"
    first = process(1)
    if first is None:
        return
    for name in ("mnt", "user", "ipc", "uts"):
        if item.namespaces[name] == first.namespaces[name]:
            yield f"shares the host's {name} namespace"


def _file_system(context: Context, instance: Instance) -> Iterator[Finding]:
    expected = "an empty root with what librespot loads, read-only, nothing executable but it"
    main = context.main(instance)
    if main is None:
        yield not_running("CFG-02", "file system", instance, expected)
        return
    mounts = {item.path: item for item in main.mounts}
    wrong = []
    root = f"/proc/{main.pid}/root"
    extra = set(context.host.tree(root).names("/")) - _VISIBLE - _bound(instance)
    if extra:
        wrong.append(f"visible: {', '.join(f'/{name}' for name in sorted(extra))}")
    hooks = instance.relaxed("hooks")
    if not hooks and context.host.tree(root).names("/usr/bin"):
        wrong.append("programs of the host are visible")
    for name in ("ro", "nosuid", *(() if hooks else ("noexec",))):
        if name not in mounts["/"].options:
            wrong.append(f"the root is not mounted {name}")
    yield finding(
        "CFG-02",
        "file system",
        instance.name,
        not wrong,
        expected,
        "; ".join(wrong) or expected,
        f"{root} and /proc/{main.pid}/mountinfo",
    )


def _bound(instance: Instance) -> set[str]:
    """Return the top directories that relaxations bind into the root."""
    paths = [path for item in instance.relaxations for values in item.values.values() for path in values]
    found = {path.split("/")[1] for path in paths if path.startswith("/")}
    return found | ({"bin", "sbin"} if instance.relaxed("hooks") else set())


def _exposure(context: Context, instance: Instance) -> Iterator[Finding]:
    most = _RELAXED_EXPOSURE if instance.relaxations else HIGHEST_EXPOSURE
    score = context.host.systemd.exposure(instance.unit)
    yield finding(
        "CFG-02",
        "exposure",
        instance.name,
        score <= most,
        f"at most {most}",
        str(score),
        f"systemd-analyze security {instance.unit}",
    )
