# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A waiver needs an advisory, a reason and an end, and an error names what is wrong with it."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.errors import SpecificationError
from ansible_collections.hardened.librespot.plugins.module_utils.model.vulnerability import Vulnerability
from ansible_collections.hardened.librespot.plugins.module_utils.model.waivers import Waiver, read_waivers, unused

TODAY = datetime.date(2026, 8, 25)
GOOD: dict[str, Any] = {"id": "RUSTSEC-2023-0071", "reason": "no private key is held", "until": "2026-12-31"}
RSA = Vulnerability("RUSTSEC-2023-0071", "rsa", "0.9.8", "vulnerability", "Marvin", ("CVE-2023-49092",))


def read(*given: Any) -> list[Waiver]:
    return read_waivers(list(given), TODAY, {"RUSTSEC-2023-0071", "CVE-2023-49092"}.__contains__)


@pytest.mark.parametrize("until", ["2026-12-31", datetime.date(2026, 12, 31), datetime.datetime(2026, 12, 31, 1)])
def test_a_day_may_be_text_or_what_yaml_makes_of_it(until: Any) -> None:
    assert read({**GOOD, "until": until})[0].until == datetime.date(2026, 12, 31)


@pytest.mark.parametrize("until", ["2026-08-25", "2027-08-26"])
def test_it_holds_today_and_for_a_year(until: str) -> None:
    assert read({**GOOD, "until": until})


@pytest.mark.parametrize(
    ("changed", "path", "said"),
    [
        ({"until": "2026-08-24"}, "until", "has passed, today is 2026-08-25"),
        ({"until": "2027-08-27"}, "until", "more than a year away"),
        ({"until": "tomorrow"}, "until", "is not a day"),
        ({"until": 20261231}, "until", "is not a day"),
        ({"until": None}, "until", "is missing"),
        ({"reason": None}, "reason", "is missing"),
        ({"reason": "   "}, "reason", "is not a line of text"),
        ({"reason": "because"}, "reason", "says too little"),
        ({"reason": "in two\nlines of text"}, "reason", "not printable"),
        ({"id": None}, "id", "is missing"),
        ({"id": "RUSTSEC-2023-0017"}, "id", "is the id of no advisory"),
        ({"fixable": "perhaps"}, "fixable", "neither true nor false"),
        ({"untill": "2026-12-31"}, "untill", "is not known"),
    ],
)
def test_what_is_wrong_is_named(changed: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(SpecificationError, match=said) as caught:
        read(GOOD, {**GOOD, **changed})
    assert caught.value.path == f"waivers[1].{path}"


@pytest.mark.parametrize("given", ["RUSTSEC-2023-0071", ["RUSTSEC-2023-0071"]])
def test_what_is_no_waiver_is_refused(given: Any) -> None:
    with pytest.raises(SpecificationError, match=r"waivers\[0\].* is not a mapping"):
        read(given)


def test_it_covers_its_advisory_by_any_name_and_no_more_than_it_says() -> None:
    (by_alias,) = read({**GOOD, "id": "CVE-2023-49092"})
    assert by_alias.covers(RSA)
    assert not by_alias.covers(replace(RSA, id="RUSTSEC-2026-0001", aliases=()))
    (narrow,) = read({**GOOD, "package": "rsa", "version": "0.9.8"})
    assert narrow.covers(RSA)
    assert not narrow.covers(replace(RSA, package_version="0.9.9"))
    assert not narrow.covers(replace(RSA, package="other"))


def test_a_waiver_for_nothing_is_said() -> None:
    waivers = read(GOOD, {**GOOD, "version": "0.9.9"})
    assert unused(waivers, [RSA]) == ["RUSTSEC-2023-0071"]
    assert unused(waivers[:1], [RSA]) == []
