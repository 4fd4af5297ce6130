# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout: what each host has, wants and got, and whether the next one may go on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from .finding import RED

STAGING = "staging"
CANARY = "canary"
PRODUCTION = "production"
STAGES = (STAGING, CANARY, PRODUCTION)
"""All stages, in the order in which they have their turn."""

SWITCHING = "switching"
ROLLING_BACK = "rolling back"

UPDATED = "updated"
CURRENT = "current"
HELD = "held"
ROLLED_BACK = "rolled back"
BROKEN = "broken"
FAILED = "failed"
UNREACHABLE = "unreachable"
INTERRUPTED = "interrupted"
STOPPED = "not started"
PREDICTED = "to be updated"
TO_PROVE = "to be proved"
TO_RETURN = "to go back"
OUTCOMES = (
    *(BROKEN, INTERRUPTED, ROLLED_BACK, FAILED, UNREACHABLE, STOPPED, UPDATED, CURRENT, HELD),
    *(TO_RETURN, PREDICTED, TO_PROVE),
)
"""All outcomes, the worst first. *failed*: nothing was changed; *broken*: neither the new release nor the old one is
well; *interrupted*: left between the two. What begins with *to* is what a run in check mode predicts."""

GOOD = (UPDATED, CURRENT, HELD, PREDICTED, TO_PROVE)
"""Outcomes that let the next host go on. All others make the run red."""

NOTHING = "nothing"
SWITCH = "switch"
PROVE = "prove"
RETURN = "return"
"""What is to be done with a host: nothing, change to the new release, only look at it, go back to the old one."""

_TRIES = (SWITCH, PROVE)
"""What makes a host try a release; what tells most of it comes first."""

GATED = ("UPD-03", "UPD-04", "UPD-06", "UPD-07", "UPD-09", "CON-08", "CON-09")
"""Controls that a rollout itself decides, at its gate and by its stages: what it lets through sends no host back."""

Key = tuple[str, str, str]
"""What tells a finding of an audit from all others of a host."""


@dataclass(frozen=True)
class Release:
    """An artifact or an image by its identifier, and the version of librespot that it is; both are empty for none."""

    id: str = ""
    version: str = ""


NONE = Release()


@dataclass(frozen=True)
class Looked:
    """What a run saw of a host before anything was changed.

    *running* is what all of its instances run; *refused* says why the host cannot be updated, *hold* why it shall not.
    """

    stage: str
    reached: bool = True
    wanted: Release = NONE
    path: str = ""
    running: Release = NONE
    hold: str = ""
    refused: str = ""


@dataclass(frozen=True)
class HostState:
    """How far a host is. *step* is what was begun with it and not ended, and outlives the run that began it.

    *before* is the release to go back to, *red* what the audit found before the change. *seconds* are from the change
    to the outcome, *back* from the failure to the old release's answer. *run* is the run that the outcome is of.
    *shown* are the tests that the host passed with the release, *shown_at* when (RFC 3339).
    """

    stage: str
    target: Release = NONE
    before: Release = NONE
    now: Release = NONE
    todo: str = NOTHING
    step: str = ""
    outcome: str = ""
    reason: str = ""
    red: tuple[Key, ...] = ()
    begun: float = 0.0
    failed: float = 0.0
    seconds: float = 0.0
    back: float = 0.0
    run: str = ""
    shown: tuple[str, ...] = ()
    shown_at: str = ""

    @property
    def interrupted(self) -> bool:
        """Whether it was left between two releases."""
        return bool(self.step)

    @property
    def proved(self) -> bool:
        """Whether it has what it shall have, which was proved before this run."""
        return self.todo == NOTHING and self.outcome in (UPDATED, CURRENT)


Hosts = dict[str, HostState]

_NOT_REACHED = "the host was not reached"
NOT_GOT = "what it shall run could not be got"


def as_data(state: HostState | Looked) -> dict[str, Any]:
    """Return *state* as plain data."""
    return asdict(state)


def _release(value: Any) -> Release:
    return Release(str(value["id"]), str(value["version"]))


def host_state(data: Mapping[str, Any]) -> HostState:
    """Return what `as_data` made of a `HostState`. Raises KeyError or TypeError for what it did not make."""
    read: dict[str, Any] = {item.name: data[item.name] for item in fields(HostState)}
    read.update({name: _release(data[name]) for name in ("target", "before", "now")})
    lists = {"red": tuple(tuple(key) for key in data["red"]), "shown": tuple(data["shown"])}
    return HostState(**{**read, **lists})


def looked(data: Mapping[str, Any]) -> Looked:
    """Return what `as_data` made of a `Looked`."""
    return Looked(**{**data, "wanted": _release(data["wanted"]), "running": _release(data["running"])})


def stage_of(groups: Iterable[str], staging: str, canary: str) -> str:
    """Return the stage of a host that is in *groups*, where *staging* and *canary* are names of groups."""
    names = set(groups)
    return STAGING if staging in names else CANARY if canary in names else PRODUCTION


def planned(seen: Mapping[str, Looked], earlier: Mapping[str, HostState], run: str) -> Hosts:
    """Return what is to be done with each host that was *seen*, in their order; *earlier* is what is known of them.

    One host of production is the canary, unless those that are named as canaries try a release.
    """
    hosts = {name: _planned(item, earlier.get(name), item.stage, run) for name, item in seen.items()}
    canary = _canary(hosts, earlier)
    return {name: replace(item, stage=CANARY) if name == canary else item for name, item in hosts.items()}


def _canary(hosts: Mapping[str, HostState], earlier: Mapping[str, HostState]) -> str:
    """Return the host of production that is the canary; empty when none is needed.

    The one that an earlier run chose stays it. One that only has to be proved does not try the change, and is it when
    there is no other.
    """
    rest = {name: item for name, item in hosts.items() if item.stage == PRODUCTION}
    first = [name for todo in _TRIES for name, item in rest.items() if item.todo == todo]
    wanted = {rest[name].target for name in first if rest[name].todo == rest[first[0]].todo}
    if any(_tries(item, wanted) or item.outcome not in ("", *GOOD) for item in hosts.values() if item.stage == CANARY):
        return ""
    kept = [name for name, item in rest.items() if _stays(item, earlier.get(name), wanted)]
    return next(iter([*kept, *first]), "")


def _tries(host: HostState, wanted: Collection[Release]) -> bool:
    """Whether *host* has something to do, or has proved one of the releases that are *wanted*."""
    return host.todo != NOTHING or (host.proved and (not wanted or host.target in wanted))


def _stays(host: HostState, old: HostState | None, wanted: Collection[Release]) -> bool:
    """Whether *host*, which was *old*, was chosen as the canary before, and is still one of what is *wanted*."""
    if old is None or old.stage != CANARY:
        return False
    return host.interrupted or (host.target == old.target and _tries(host, wanted))


def _planned(seen: Looked, old: HostState | None, stage: str, run: str) -> HostState:
    if old is not None and old.interrupted and not _mended(seen, old):
        return _resumed(seen, old, stage, run)
    new = HostState(stage, seen.wanted, seen.running, seen.running, run=run)
    outcome, reason = _unbegun(seen)
    if outcome:
        return replace(new, outcome=outcome, reason=reason)
    if seen.running != seen.wanted:
        return replace(new, todo=SWITCH)
    if old is not None and old.target == seen.wanted and old.outcome in (UPDATED, CURRENT):
        return replace(old, stage=stage, now=seen.running, todo=NOTHING)
    return replace(new, todo=PROVE)


def _mended(seen: Looked, old: HostState) -> bool:
    """Whether somebody has brought a host that was broken to what it shall have, where it is well."""
    return old.outcome == BROKEN and seen.reached and bool(seen.wanted.id) and seen.running == seen.wanted


def _unbegun(seen: Looked) -> tuple[str, str]:
    """Return the outcome of a host with which nothing is to be begun, and why; both are empty for any other.

    One that is held may be away: nobody asked for it to be reached.
    """
    if seen.hold:
        return HELD, seen.hold
    if not seen.reached:
        return UNREACHABLE, _NOT_REACHED
    return (FAILED, seen.refused) if seen.refused else ("", "")


def _resumed(seen: Looked, old: HostState, stage: str, run: str) -> HostState:
    """Return what is to be done with a host that was left between two releases.

    Neither what it goes back to is forgotten, nor what was red before. That it is not well is no surprise.
    """
    new = replace(old, stage=stage, now=seen.running, outcome="", run=run, todo=NOTHING)
    if not seen.reached:
        return replace(new, outcome=UNREACHABLE, reason=_NOT_REACHED)
    if seen.hold or old.step == ROLLING_BACK:
        return replace(new, todo=RETURN, reason=seen.hold or old.reason)
    if not seen.wanted.id:
        # There is nothing to go on with.
        return replace(new, todo=RETURN, reason=seen.refused or NOT_GOT)
    return replace(new, target=seen.wanted, todo=SWITCH, reason="")


def refusal(name: str, hosts: Mapping[str, HostState], closed: Mapping[str, str], most: float) -> str:
    """Return why the host *name* must not go on; empty when it may.

    *closed* says of the artifacts that the gate refuses why, *most* how many hosts of production may fail, in percent.
    """
    host = hosts[name]
    if host.target.id in closed:
        return closed[host.target.id]
    broken = sorted(other for other, item in hosts.items() if item.outcome == BROKEN)
    if broken:
        return f"{', '.join(broken)} is broken"
    before = [stage for stage in STAGES if STAGES.index(stage) < STAGES.index(host.stage)]
    unfit = [other for other, item in hosts.items() if item.stage in before and item.outcome not in GOOD]
    if unfit:
        said = "; ".join(f"{other} of {hosts[other].stage}: {hosts[other].outcome or 'no outcome'}" for other in unfit)
        return f"an earlier stage did not pass ({said})"
    same = [item for item in hosts.values() if item.stage == host.stage]
    bad = [item for item in same if item.outcome and item.outcome not in (*GOOD, STOPPED)]
    allowed = most if host.stage == PRODUCTION else 0
    if len(bad) * 100 > allowed * len(same):
        return f"{len(bad)} of {len(same)} hosts of {host.stage} failed, and {allowed:g} % may"
    return ""


def turn(name: str, hosts: Mapping[str, HostState], closed: Mapping[str, str], most: float, now: float) -> HostState:
    """Return the state of the host *name* when it has its turn, at the time *now*.

    One that was left between two releases goes back when it must not go on.
    """
    host = hosts[name]
    if host.todo in (NOTHING, RETURN):
        return replace(host, begun=now)
    why = refusal(name, hosts, closed, most)
    if not why:
        return replace(host, begun=now)
    if host.interrupted:
        return replace(host, todo=RETURN, begun=now, reason=f"{host.reason or 'it was interrupted'}; {why}")
    return replace(host, todo=NOTHING, outcome=STOPPED, reason=why)


def staged(name: str, hosts: Mapping[str, HostState]) -> bool:
    """Tell whether the release of the host *name* was tried first: here, or on a host of an earlier stage.

    A host of production has its turn only after those of all earlier stages were content.
    """
    host = hosts[name]
    return host.stage != PRODUCTION or any(
        item.stage != PRODUCTION and item.target == host.target and item.outcome in (UPDATED, CURRENT)
        for item in hosts.values()
    )


def red(findings: Iterable[Mapping[str, Any]]) -> dict[Key, str]:
    """Return the red ones of an audit's *findings*, each with what was observed."""
    return {
        (str(item["id"]), str(item["check"]), str(item["scope"])): str(item["observed"])
        for item in findings
        if item["status"] in RED
    }


def newly_red(before: Sequence[Key], findings: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what is red in *findings* and was not *before*, each in a line.

    Drift is always counted: the new release has just been applied, and what differs from it then is its own. What is
    `GATED` never is: at that moment the host only has what an earlier run attested, or nothing.
    """
    found = red(findings)
    known = {key for key in before if key[1] != "drift"}
    return [
        f"{' '.join(key)}: {observed}" for key, observed in found.items() if key not in known and key[0] not in GATED
    ]
