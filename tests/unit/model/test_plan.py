# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans: what changes, and what of it may be shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.plan import Plan

STATES = st.dictionaries(st.sampled_from("abcd"), st.text("xyz\n", max_size=3))


@given(before=STATES, after=STATES)
def test_a_change_is_a_difference_and_nothing_else_is(before: dict[str, str], after: dict[str, str]) -> None:
    plan = Plan("thing", before, after)
    assert plan.changed == (before != after) == bool(plan.differences())
    assert {item.attribute for item in plan.differences()} == {
        name for name in {*before, *after} if before.get(name) != after.get(name)
    }


@given(before=st.text("0123456789", min_size=8), after=st.text("0123456789", min_size=8))
def test_a_secret_is_never_shown_but_that_it_differs_is(before: str, after: str) -> None:
    plan = Plan("login", {"content": before}, {"content": after}, ("content",))
    shown = f"{plan.differences()} {plan.diff()}"
    assert before not in shown
    assert after not in shown
    assert (plan.diff()["before"] != plan.diff()["after"]) == plan.changed


def test_a_thing_that_is_not_there() -> None:
    (difference,) = Plan("thing", {}, {"mode": "0600"}).differences()
    assert (difference.before, difference.after) == ("(absent)", "0600")
