# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a run in which something cannot be done."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import HostError, UnfinishedError
from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan, State
from ansible_collections.hardened.librespot.plugins.module_utils.planners.base import HOST, Planner, converge


class Thing(Planner):
    """One that writes into *done* what is done of it, and cannot do what *fails* says."""

    def __init__(self, done: list[str], subject: str, scope: str = HOST, fails: str = "") -> None:
        super().__init__(subject, scope)
        self._done = done
        self._fails = fails

    def wanted(self) -> State:
        return {"there": "yes"}

    def found(self) -> State:
        self._do("look")
        return {}

    def refuse(self, _plan: Plan) -> None:
        self._do("refuse")

    def apply(self, _plan: Plan) -> None:
        self._do("apply")
        self._done.append(self.subject)

    def _do(self, step: str) -> None:
        if step == self._fails:
            raise HostError(
                f"The container librespot-{self.scope} cannot {step} {self.subject}", f"Mend {self.subject}"
            )


class Cramped(Thing):
    """One whose error does not say whose it is."""

    def apply(self, _plan: Plan) -> None:
        raise HostError("no room", "Make room")


def several(done: list[str], fails: str, scope: str = "office") -> list[Planner]:
    """Return planners of the host and of two instances; one of *scope* *fails*."""
    return [
        Thing(done, "directory"),
        Thing(done, "user of office", "office"),
        Thing(done, "office", scope, fails),
        Thing(done, "segment of office", "office"),
        Thing(done, "kitchen", "kitchen"),
        Thing(done, "others"),
        Thing(done, "bedroom", "bedroom"),
        Thing(done, "older"),
    ]


def test_an_instance_that_fails_ends_alone_and_nothing_is_cleaned_up() -> None:
    done: list[str] = []
    with pytest.raises(
        UnfinishedError, match=r"^The container librespot-office cannot apply office; the other"
    ) as said:
        converge(several(done, "apply"), check=False, apart=True)
    assert done == ["directory", "user of office", "kitchen", "bedroom"]
    assert (said.value.instances, said.value.remedy) == (("office",), "Mend office")


def test_all_that_failed_are_named_also_where_the_error_does_not_say_whose_it_is() -> None:
    done: list[str] = []
    planners = [*several(done, "apply"), Cramped(done, "study", "study")]
    with pytest.raises(UnfinishedError) as said:
        converge(planners, check=False, apart=True)
    assert said.value.instances == ("office", "study")
    assert said.value.message.startswith("1. The container librespot-office cannot apply office; 2. study: no room; ")
    assert said.value.remedy == "1. Mend office. 2. Make room."


@pytest.mark.parametrize(
    ("fails", "scope", "apart"),
    [
        *(("look", HOST, True), ("refuse", HOST, True), ("apply", HOST, True)),
        *((step, "office", False) for step in ("look", "refuse", "apply")),
    ],
)
def test_what_ends_a_run_at_once(fails: str, scope: str, apart: bool) -> None:
    done: list[str] = []
    with pytest.raises(HostError, match=f"cannot {fails} office. Mend office$") as said:
        converge(several(done, fails, scope), check=False, apart=apart)
    assert not isinstance(said.value, UnfinishedError)
    assert done == ["directory", "user of office"]


@pytest.mark.parametrize("fails", ["look", "refuse"])
def test_what_is_found_of_an_instance_ends_a_run_and_all_without_a_turn_are_named(fails: str) -> None:
    done: list[str] = []
    with pytest.raises(UnfinishedError, match=f"cannot {fails} office; nothing was done for kitchen, bedroom") as said:
        converge(several(done, fails), check=False, apart=True)
    assert done == ["directory", "user of office"]
    assert said.value.instances == ("office", "kitchen", "bedroom")


def test_before_anything_is_changed_nothing_is_unfinished() -> None:
    done: list[str] = []
    with pytest.raises(HostError) as said:
        converge([Thing(done, "office", "office", "refuse")], check=False, apart=True)
    assert not isinstance(said.value, UnfinishedError)


def test_one_that_failed_before_is_named_with_what_ends_the_run() -> None:
    done: list[str] = []
    planners = several(done, "apply")
    planners[4] = Thing(done, "kitchen", "kitchen", "refuse")
    with pytest.raises(
        UnfinishedError, match=r"1\. .* cannot apply office; 2\. .* cannot refuse kitchen; nothing was done for bedroom"
    ):
        converge(planners, check=False, apart=True)
    assert done == ["directory", "user of office"]


def test_check_mode_looks_at_all_and_does_nothing() -> None:
    done: list[str] = []
    assert len(converge(several(done, "apply"), check=True, apart=True)) == 8
    assert done == []
