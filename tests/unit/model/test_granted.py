# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grants over time."""

from __future__ import annotations

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.granted import Grants, listing

GRANT: dict[str, str | int] = {"zone": "guests", "address": "10.0.0.7", "seconds": 100}


def followed(*steps: tuple[float, list[dict[str, str | int]]]) -> Grants:
    grants = Grants()
    for moment, listed in steps:
        grants.read(listing(moment, ["guests"], listed))
    return grants


def values(grants: Grants) -> dict[str, float]:
    return {"/".join(item.labels.values()): item.value for item in grants.samples(1000)}


def test_a_zone_begins_at_none() -> None:
    assert values(followed((0, []))) == {"guests": 0}


def test_one_that_is_in_force_says_until_when() -> None:
    assert values(followed((50, [GRANT]))) == {"guests/10.0.0.7": 1150, "guests": 0}


def test_one_ends_in_its_second_with_no_further_listing() -> None:
    grants = followed((50, [GRANT]))
    assert [grants.pass_to(149.0), grants.pass_to(150.0), grants.pass_to(151.0)] == [False, True, False]
    grants.read(listing(50, ["guests"], [GRANT]))
    grants.read(listing(160, ["guests"], []))
    assert values(grants) == {"guests": 1}


def test_one_that_is_missing_in_time_has_ended_and_one_before_was_ended() -> None:
    assert values(followed((50, [GRANT]), (149, []))) == {"guests": 1}
    assert values(followed((50, [GRANT]), (100, []))) == {"guests": 0}


def test_one_that_was_prolonged_goes_on() -> None:
    assert values(followed((50, [GRANT]), (149.5, [GRANT]))) == {"guests/10.0.0.7": 1250, "guests": 0}


def test_one_without_an_end_has_no_moment() -> None:
    assert values(followed((50, [{**GRANT, "seconds": 2**31}]))) == {"guests": 0}


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"moment": 1, "zones": 1, "grants": []}', '{"moment": "x"}'])
def test_what_is_no_listing_is_refused(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Grants().read(text)
