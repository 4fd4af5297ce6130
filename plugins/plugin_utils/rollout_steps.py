# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a rollout, from what modules returned to what is kept of it.

What a module returns is evidence. Without any, as of a host that was not reached, nothing is taken for right.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..module_utils.model.attestation import AUDIT, HEALTH, SOAK, STAGED
from ..module_utils.model.errors import HostError, SpecificationError
from ..module_utils.model.instance import CONTAINER
from ..module_utils.model.rollout import (
    BROKEN,
    CANARY,
    CURRENT,
    FAILED,
    INTERRUPTED,
    NOT_GOT,
    NOTHING,
    PREDICTED,
    PROVE,
    RETURN,
    ROLLED_BACK,
    ROLLING_BACK,
    STAGES,
    STOPPED,
    SWITCH,
    SWITCHING,
    TO_PROVE,
    TO_RETURN,
    UNREACHABLE,
    UPDATED,
    HostState,
    Looked,
    Release,
    newly_red,
    planned,
    red,
    stage_of,
    staged,
    turn,
)
from ..module_utils.model.rollout_input import ROLE
from ..module_utils.model.vulnerability import REFRESH
from .rollout_store import Rollout

_WELL = ("healthy", "version")
_PREDICTIONS = {SWITCH: PREDICTED, PROVE: TO_PROVE, RETURN: TO_RETURN}

Said = Mapping[str, Any]
"""What a module returned, as Ansible registers it."""


def usable(said: Said) -> bool:
    """Whether *said* is what a module that ended well returned."""
    return bool(said) and not any(said.get(name) for name in ("failed", "unreachable", "skipped"))


def looked(asked: Said, known: Sequence[str]) -> Looked:
    """Return what the options *asked* say of a host; *known* are the groups that there are."""
    stage = asked["stage"] or {}
    names = {name: str(stage.get(name) or "") for name in ("staging", "canary")}
    for name, group in names.items():
        if group and group != name and group not in known:
            raise SpecificationError(
                f"librespot_update_{name}", group, "is no group of the inventory", "Name one, or write none"
            )
    where = stage_of(stage.get("groups") or (), names["staging"], names["canary"])
    hold, contained = asked["hold"].strip(), asked["deployment"] == CONTAINER
    if asked["preflight"].get("unreachable") or asked["health"].get("unreachable"):
        return Looked(where, reached=False, hold=hold)
    wanted, path = _wanted(asked["artifact"], asked["image"], contained)
    running, refused = _running(asked["health"], "image" if contained else "release")
    if not wanted.id:
        refused = _not_got(asked["artifact"], asked["image"], contained)
    return Looked(where, True, wanted, path, running, hold, asked["reason"] or refused)


def _wanted(artifact: Said, image: Said, contained: bool) -> tuple[Release, str]:
    """Return what shall run, and where it is: of containers the image, which can be made anew of the same artifact."""
    # A host that makes images may be away.
    if not usable(artifact) or not artifact.get("id") or (contained and not usable(image)):
        return Release(), ""
    version = _version(artifact["id"])
    if not contained:
        return Release(artifact["id"], version), artifact["path"]
    return Release(image.get("image") or f"an image of {artifact['id']}", version), image.get("path") or ""


def _not_got(artifact: Said, image: Said, contained: bool) -> str:
    """Return why there is nothing that shall run."""
    said = [item["msg"] for item in (artifact, *([image] if contained else [])) if item.get("msg")]
    return ": ".join([NOT_GOT, *said[:1]])


def _version(identifier: str) -> str:
    """Return the version of librespot that the artifact *identifier* is; empty for none."""
    return identifier.partition("-")[0]


def _running(health: Said, name: str) -> tuple[Release, str]:
    """Return what all instances run, which has its identifier in *name*, or why that cannot be told."""
    if not usable(health):
        return Release(), "what the host runs was not looked at"
    found = {Release(item[name], _version(item["release"]) or item["version"]) for item in health["instances"]}
    # Another version than the one that is wanted is what a rollout is for.
    wrong = [f"{item['name']}: {item['seen']}" for item in health["instances"] if item["reason"] not in _WELL]
    if not wrong and len(found) == 1 and all(item.id for item in found):
        return found.pop(), ""
    said = "; ".join(wrong) or "its instances run " + ", ".join(sorted(item.id or "no release" for item in found))
    return Release(), f"it is not well before anything was changed ({said}); mend it with hardened.librespot.site first"


def plan(rollout: Rollout, names: Sequence[str], inventory: Sequence[str]) -> dict[str, Any]:
    """Plan for the hosts *names*, in that order, and return what the plays need of it: stages and artifacts.

    *inventory* are all hosts that there are.
    """
    seen = {name: rollout.seen[name] for name in names if name in rollout.seen}
    lost = [name for name in names if name not in seen]
    if lost:
        raise HostError(f"Nothing is known of {', '.join(lost)}", "Look at what failed on them above, and run again")
    rollout.order = list(names)
    rollout.gone = [name for name in rollout.left if name not in inventory]
    rollout.hosts = {**rollout.hosts, **planned(seen, rollout.hosts, rollout.run)}
    # Those that are done as well: the plays say so of each host.
    stages = {stage: [name for name in names if rollout.hosts[name].stage == stage] for stage in STAGES}
    # What was proved before is scanned anew as well, so that its audits know of today's advisories.
    hosts = {name: rollout.hosts[name] for name in names}
    scanned = [name for name, item in hosts.items() if item.todo in (SWITCH, PROVE) or item.proved]
    paths = {seen[name].wanted.id: seen[name].path for name in scanned}
    return {**stages, "artifacts": [{"id": name, "path": path} for name, path in paths.items()]}


def named_canaries(rollout: Rollout) -> list[str]:
    """Return the hosts of this run that the user has named as canaries."""
    return [name for name in rollout.order if rollout.seen[name].stage == CANARY]


def gate(rollout: Rollout, scans: Sequence[Said], wanted: Sequence[str], reason: str) -> None:
    """Close the gate for the artifacts *wanted* that a scan does not let pass; for all when *reason* says why."""
    rollout.closed = {}
    for identifier in wanted:
        (said, *_more) = [item for item in scans if item.get("item", {}).get("id") == identifier] or [{}]
        why = reason or _refused(said)
        if why:
            rollout.closed[identifier] = why


def _refused(scan: Said) -> str:
    if not usable(scan) or not isinstance(scan.get("red"), int):
        return f"the gate is closed: the scan is incomplete: {scan.get('msg', 'nothing was scanned')}"
    found = {item["id"]: item.get("fix") for item in scan["vulnerabilities"] if item["status"] == "open"}
    fixable = sum(fix == REFRESH for fix in found.values())
    mend = f"; librespot_install_lock: refreshed mends {fixable} of them" if fixable else ""
    return f"the gate is closed: open are {', '.join(sorted(found))}{mend}" if scan["red"] else ""


def begin(rollout: Rollout, name: str, most: float) -> dict[str, Any]:
    """Give the host *name* its turn, and return what is to be done with it."""
    state = turn(name, rollout.here, rollout.closed, most, time.time())
    rollout.hosts[name] = state
    return _told(state)


def _told(state: HostState) -> dict[str, Any]:
    return {
        "todo": state.todo,
        "proved": state.proved,
        "resumed": state.interrupted,
        "wanted": state.target.id,
        "wanted_version": state.target.version,
        "before": state.before.id,
        "before_version": state.before.version,
        "outcome": state.outcome,
        "reason": state.reason,
    }


def switch(state: HostState, audit: Said) -> HostState:
    """Return *state* from now on between two releases. What an earlier run saw before the change is kept.

    One that is not reached any more is done, with nothing changed.
    """
    if not state.interrupted and audit.get("unreachable"):
        return _ended(replace(state, outcome=UNREACHABLE, reason="the host was not reached any more"))
    if not state.interrupted and not usable(audit):
        raise HostError("It was not audited before the change", audit.get("msg") or "Look at what failed above")
    keys = state.red if state.interrupted else tuple(red(audit["findings"]))
    return replace(state, step=SWITCHING, red=keys)


def judge(state: HostState, health: Said, audit: Said, strict: bool) -> list[str]:
    """Return what speaks against the new release; nothing when it is proved."""
    wrong = _unwell(health)
    if not usable(audit) or not isinstance(audit.get("findings"), list):
        return [*wrong, "it was not audited"]
    known = () if strict else state.red
    return wrong + [f"the audit found {line}" for line in newly_red(known, audit["findings"])]


def shown(rollout: Rollout, name: str, soak: float) -> HostState:
    """Return the state of the host *name*, which was judged to be well, and watched for *soak* seconds."""
    passed = {STAGED: staged(name, rollout.here), HEALTH: True, AUDIT: True, SOAK: soak > 0}
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return replace(rollout.hosts[name], shown=tuple(test for test, right in passed.items() if right), shown_at=at)


def attested(said: Said) -> None:
    """Raise `HostError` unless the host has what was to be attested."""
    if not usable(said):
        why = said.get("msg") or "nothing was attested"
        raise HostError(f"The host has not on record what it runs: {why}", "Look at what failed above, and run again")


def _unwell(health: Said) -> list[str]:
    if not usable(health) or not health.get("instances"):
        return [str(health.get("msg") or "its health was not looked at")]
    return [] if health["healthy"] else [f"{item['name']}: {item['seen']}" for item in health["instances"]]


def done(state: HostState, health: Said) -> HostState:
    """Return *state* as proved. Raises `HostError` when the *health* of the soak does not show it."""
    wrong = _unwell(health)
    if wrong:
        raise HostError("; ".join(wrong), "It is not proved")
    outcome = UPDATED if state.step or state.todo == SWITCH else CURRENT
    left = state.red if outcome == UPDATED else ()
    reason = f"red before as well: {len(left)} findings of the audit" if left else ""
    return _ended(replace(state, now=state.target, step="", outcome=outcome, reason=reason))


def failed(state: HostState, reason: str) -> HostState:
    """Return *state* on its way back; where nothing was changed, as failed, unless it has an outcome of this run."""
    if state.outcome and not state.proved:
        return state
    state = replace(state, reason=reason or state.reason, failed=time.time())
    if not state.step:
        return _ended(replace(state, outcome=FAILED, todo=NOTHING))
    return replace(state, step=ROLLING_BACK)


def returned(state: HostState, health: Said) -> HostState:
    """Return *state* after it went back to the release before, which *health* shows or does not."""
    back = time.time() - state.failed if state.failed else 0.0
    if health.get("unreachable"):
        return _lost(state)
    wrong = _unwell(health)
    if wrong:
        return broken(state, "; ".join(wrong), {})
    return _ended(replace(state, step="", outcome=ROLLED_BACK, now=state.before, back=back))


def broken(state: HostState, reason: str, image: Said) -> HostState:
    """Return *state* of a host that is not well on the release before either, or was not asked for its *image*."""
    if image.get("unreachable"):
        return _lost(state)
    said = f"{state.reason}; and on the release before: {reason}"
    return _ended(replace(state, outcome=BROKEN, reason=said, now=Release()))


def _lost(state: HostState) -> HostState:
    # Nobody knows what it runs: it stays on its way, and the next run goes on.
    return _ended(replace(state, outcome=UNREACHABLE, now=Release()))


def _ended(state: HostState) -> HostState:
    return replace(state, seconds=time.time() - state.begun if state.begun else 0.0)


def unplanned(rollout: Rollout) -> None:
    """Say of each host whose turn never came that it was not started."""
    for name, state in rollout.here.items():
        if not state.outcome:
            outcome = INTERRUPTED if state.step else STOPPED
            rollout.hosts[name] = replace(state, outcome=outcome, reason=state.reason or "the run ended before it")


def predict(rollout: Rollout) -> None:
    """Say of each host what a run would do, as far as it follows from the plan and the gate."""
    for name, state in rollout.here.items():
        if not state.outcome:
            rollout.hosts[name] = _predicted(state, rollout.closed.get(state.target.id, ""))


def _predicted(state: HostState, why: str) -> HostState:
    """Return what becomes of a host whose release the gate does not let through, if *why* says so."""
    if state.todo not in _PREDICTIONS:
        return state
    if state.todo == RETURN:
        return replace(state, outcome=TO_RETURN)
    if why:
        return replace(state, outcome=TO_RETURN if state.interrupted else STOPPED, reason=why)
    return replace(state, outcome=_PREDICTIONS[state.todo])


def there(path: str) -> bool:
    """Whether an artifact is at *path*: in check mode it may not have been made."""
    return os.path.isdir(path)


def check_report(path: str) -> None:
    """Raise `SpecificationError` when no file can be written at *path*."""
    directory = os.path.dirname(path)
    if not os.path.isdir(directory):
        raise SpecificationError(f"{ROLE}report", path, "is in no directory", f"Make the directory {directory} first")
    if os.path.isdir(path):
        raise SpecificationError(f"{ROLE}report", path, "is a directory", "Name a file in it")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise SpecificationError(
            f"{ROLE}report", path, "cannot be written", f"Let this user write to {directory}, or name another file"
        )
