# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFG-02: what the process of an instance may do, read from the process itself, and what its binary can do."""

from __future__ import annotations

from collections.abc import Iterator

from ..host.apparmor import ENFORCE
from ..model.errors import HostError
from ..model.facts import CONFINING, UNCONFINED
from ..model.finding import NOT_ENFORCED, Finding
from ..model.instance import Instance
from ..model.layout import CURRENT
from ..planners import live
from ..planners.base import HOST
from .context import Context, each, finding, guarded, not_running

# Measured: 1.1 with every directive. A relaxation that opens a device or a group costs up to 0.2.
HIGHEST_EXPOSURE = 1.1
_RELAXED_EXPOSURE = 1.3
_NETWORK_EXPOSURE = 0.5
"""What a segment of its own takes off."""

_NOBODY = 65534
_ALWAYS = ("pipe", "subprocess")


def look(context: Context) -> Iterator[Finding]:
    """Yield CFG-02 of the binary and of each instance."""
    yield from each(context, "CFG-02", "rights", _rights)
    yield from each(context, "CFG-02", "file system", _file_system)
    yield from each(context, "CFG-02", "profile", _profile)
    if context.live:
        # It runs the very binary whose integrity is in question, so it is no part of a passive audit.
        if context.spec.present:
            yield from guarded("CFG-02", "features", HOST, lambda: _features(context))
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
        remedy=f"Leave the features of {', '.join(extra)} out of librespot_install_features, "
        "and run hardened.librespot.site",
    )


def _rights(context: Context, instance: Instance) -> Iterator[Finding]:
    expected = f"user {instance.user}, no capabilities, no new privileges, system call filter, namespaces of its own"
    processes = context.processes(instance)
    if not processes:
        yield not_running(context, "CFG-02", "rights", instance, expected)
        return
    wrong = live.wrong_rights(processes, instance)
    evidence = ", ".join(f"/proc/{item.pid}/status and ns" for item in processes)
    yield finding("CFG-02", "rights", instance.name, not wrong, expected, "; ".join(wrong) or expected, evidence)


def _file_system(context: Context, instance: Instance) -> Iterator[Finding]:
    expected = "an empty root with what librespot loads, read-only, nothing executable but it"
    main = context.main(instance)
    if main is None:
        yield not_running(context, "CFG-02", "file system", instance, expected)
        return
    wrong = live.wrong_root(main, instance)
    yield finding(
        "CFG-02",
        "file system",
        instance.name,
        not wrong,
        expected,
        "; ".join(wrong) or expected,
        f"/proc/{main.pid}/root and mountinfo",
    )


def _profile(context: Context, instance: Instance) -> Iterator[Finding]:
    expected = f"runs under the AppArmor profile {instance.profile}"
    processes = context.processes(instance)
    if not processes:
        yield not_running(context, "CFG-02", "profile", instance, expected)
        return
    enforced = context.host.facts.apparmor
    wrong = live.wrong_profile(processes, instance.profile, ENFORCE) if enforced else [UNCONFINED]
    yield finding(
        "CFG-02",
        "profile",
        instance.name,
        not wrong,
        expected,
        "; ".join(wrong) or expected,
        ", ".join(f"/proc/{item.pid}/attr/apparmor/current" for item in processes),
        "" if enforced else NOT_ENFORCED,
        "" if enforced else CONFINING,
    )


def _exposure(context: Context, instance: Instance) -> Iterator[Finding]:
    costly = any(item.name != "disk" for item in instance.relaxations)
    most = _RELAXED_EXPOSURE if costly else HIGHEST_EXPOSURE
    if instance.segment:
        most = round(most - _NETWORK_EXPOSURE, 1)
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
