# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counters that go on over the ends of instances, and never back."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.ends import Ends
from ansible_collections.hardened.librespot.plugins.module_utils.model.metrics import METRICS, Sample
from ansible_collections.hardened.librespot.plugins.module_utils.model.monitored import Seen, Target
from ansible_collections.hardened.librespot.plugins.module_utils.model.tracking import Shared, Tally, Tracked
from ansible_collections.hardened.librespot.plugins.module_utils.model.usage import Held, Usage
from ansible_collections.hardened.librespot.plugins.module_utils.render.exposition import exposition

SLICE = ("/sys/fs/cgroup/librespot.slice", 2)


def tracked(name: str = "kitchen", unit: str = "x.service") -> Tracked:
    return Tracked(Target(name, "systemd", f"librespot.slice/{unit}", name, unit), Ends(unit, "w.service", unit))


def seen(
    inode: int, kills: int, above: int | None = None, pid: int | None = None, shared: bool = True, cpu: float = 1
) -> Seen:
    """Return an instance in the group *inode*, in which *kills* were counted, and *above* in that which lives on."""
    use = Usage(moment=0, group=("g", inode), cpu_s=cpu, memory_events={"oom_kill": kills})
    events: Mapping[str, int] = {"oom_kill": above or 0}
    return Seen(pid or inode, float(inode), use, above=None if above is None else (SLICE, events), shared=shared)


def values(samples: list[Sample], name: str) -> dict[str, float]:
    return {"/".join(item.labels.values()): item.value for item in samples if item.name == name}


def kills(item: Tracked) -> float:
    return item.events["oom_kill"].total if "oom_kill" in item.events else 0


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 50)), max_size=30))
def test_a_counter_never_goes_back(readings: list[tuple[int, int]]) -> None:
    tally, before = Tally(), 0.0
    for inode, value in readings:
        tally.see(("g", inode), value)
        assert tally.total >= before
        before = tally.total


def test_a_counter_goes_on_over_a_new_group() -> None:
    tally = Tally()
    assert [tally.see(("g", 1), 5), tally.see(("g", 1), 7), tally.see(("g", 2), 3)] == [5, 2, 3]
    assert tally.total == 10
    assert tally.see(("g", 2), None) == 0


def test_a_kill_that_took_its_group_along_is_told_by_the_group_above() -> None:
    item, shared = tracked(), Shared()
    item.look(seen(1, 0, above=4))
    shared.attribute([item], [], {})
    assert kills(item) == 0
    assert item.look(Seen(above=(SLICE, {"oom_kill": 5})))
    shared.attribute([item], [item], {})
    assert kills(item) == 1
    assert item.look(seen(2, 0, above=5))
    shared.attribute([item], [item], {"kitchen": 1})
    assert kills(item) == 1


def test_a_kill_within_a_group_is_counted_once() -> None:
    item, shared = tracked(), Shared()
    for here, above in ((0, 0), (1, 1), (1, 1)):
        item.look(seen(1, here, above=above))
        shared.attribute([item], [], {})
    assert kills(item) == 1


def test_of_two_that_ended_systemd_tells_which_one_was_killed() -> None:
    first, second, shared = tracked("a"), tracked("b"), Shared()
    for item in (first, second):
        item.look(seen(1, 0, above=0))
    shared.attribute([first, second], [], {})
    for item in (first, second):
        item.look(seen(2, 0, above=1))
    shared.attribute([first, second], [first, second], {"b": 1})
    assert (kills(first), kills(second)) == (0, 1)


def test_without_a_group_above_systemd_tells() -> None:
    item, shared = tracked(), Shared()
    item.look(seen(1, 0))
    shared.attribute([item], [], {})
    item.look(seen(2, 0))
    shared.attribute([item], [item], {"kitchen": 1})
    assert kills(item) == 1


def test_the_slice_of_a_container_counts_for_it_and_tells_how_it_ended() -> None:
    item, shared = tracked(unit=""), Shared()
    item.look(seen(1, 0, above=0, shared=False))
    shared.attribute([item], [], {})
    item.look(seen(2, 0, above=1, shared=False))
    shared.attribute([item], [item], {})
    assert (kills(item), item.ends.failures["oom-kill"]) == (1, 1)


def test_starts_are_told_from_the_first_look_on() -> None:
    item = tracked()
    assert [item.look(seen(1, 0)), item.look(seen(1, 0)), item.look(Seen()), item.look(seen(2, 0))] == [0, 0, 1, 1]
    assert values(list(item.samples(0, 0, "", "")), "librespot_instance_starts_total") == {"kitchen": 1}


def test_one_that_could_not_be_seen_for_a_moment_is_not_started() -> None:
    item = tracked()
    for found in (seen(1, 0), Seen(), seen(1, 0)):
        item.look(found)
    assert values(list(item.samples(0, 0, "", "")), "librespot_instance_starts_total") == {"kitchen": 0}


def test_what_is_unknown_is_left_out_and_no_zero() -> None:
    item = tracked()
    item.look(Seen(7, 1.0, Usage(moment=0, group=("", 0)), unreadable=frozenset({"memory"})))
    names = {sample.name for sample in item.samples(0, 0, "", "")}
    assert not {name for name in names if name.startswith(("librespot_memory", "librespot_cpu", "librespot_tasks"))}
    assert "librespot_monitor_unreadable" in names


def test_a_step_of_the_clock_moves_the_start_and_nothing_else_does() -> None:
    item = tracked()
    item.look(seen(100, 0))
    began = [
        values(list(item.samples(now, boot, "", "")), "librespot_instance_start_timestamp_seconds")["kitchen"]
        for now, boot in ((1000.0, 150.0), (1010.0, 160.004), (5010.0, 170.0))
    ]
    assert began == [950, 950, 4940]


def test_all_of_it_is_in_the_table() -> None:
    item = tracked()
    held = Held(memory=64, swap=0, cpu=50, tasks=32, memory_high=48)
    use = Usage(
        moment=0, group=("g", 1), cpu_s=1, periods=1, throttled_periods=1, throttled_s=1, memory=1, memory_peak=1,
        tasks=1, tasks_peak=1, files=1, read_bytes=1, written_bytes=1, pressure={("cpu", "some"): 1.0},
        memory_events={"high": 1}, tasks_refused=1, working_set=1,
    )  # fmt: skip
    item.look(Seen(1, 1.0, use, held, 1024))
    item.asked(True, "0.8.0")
    item.count_memory()
    samples = list(item.samples(10, 5, "r", "0.8.0"))
    exposition(samples)
    there = {sample.name for sample in samples}
    wanted = {name for name in METRICS if name.startswith("librespot_") and "name" in METRICS[name].labels}
    assert wanted - there == {"librespot_monitor_unreadable"}
    assert values(samples, "librespot_cpu_limit_ratio") == {"kitchen": 0.5}
    assert values(samples, "librespot_memory_high_bytes") == {"kitchen": 48}


def test_silence_is_counted_though_only_the_watchdog_has_noticed() -> None:
    item = tracked()
    item.look(seen(1, 0))
    item.ends.count("watchdog")
    item.asked(True, "")
    samples = list(item.samples(0, 0, "", ""))
    assert values(samples, "librespot_instance_health_failures_total") == {"kitchen": 1}


def test_a_process_says_once_what_its_version_is() -> None:
    item = tracked()
    said = []
    for inode, version in ((1, ""), (1, "0.8.0"), (1, "0.8.1"), (2, ""), (2, "0.8.2"), (2, "0.8.3")):
        item.look(seen(inode, 0))
        item.asked(True, version)
        said.append(item.version)
    assert said == ["", "0.8.0", "0.8.0", "0.8.0", "0.8.2", "0.8.2"]
