# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hardened.librespot.plugins.module_utils.model.instance import Instance, parse_specification
from ansible_collections.hardened.librespot.plugins.module_utils.model.rationale import DECIDED, decided
from ansible_collections.hardened.librespot.plugins.module_utils.render.environment import environment
from ansible_collections.hardened.librespot.plugins.module_utils.render.options import effective_options

DISK = {"relaxations": {"disk": "it remembers the volume"}}


def _instance(**more: Any) -> Instance:
    (found,) = parse_specification("0.8.0", [{"name": "kitchen", "options": {"bitrate": "160"}, **more}]).instances
    return found


@pytest.mark.parametrize("more", [{}, DISK, {**DISK, "options": {"cache-size-limit": "1G"}}])
def test_each_option_that_follows_from_others_has_a_reason(more: dict[str, Any]) -> None:
    instance = _instance(**more)
    variables = environment(effective_options(instance))
    found = {item.name: item for item in decided(instance, list(variables.items()))}
    named = environment(instance.options)
    assert set(found) == set(variables) - set(named)
    assert all(item.reason and item.control and item.value for item in found.values())


@pytest.mark.parametrize("name", ["LIBRESPOT_BITRAET", "LIBRESPOT_QUIET", "RUST_LOG", "LIBRESPOT_PASSWORD", ""])
def test_one_that_somebody_added_has_none_and_its_value_is_not_told(name: str) -> None:
    (found,) = decided(_instance(), [(name, "hunter22"), ("LIBRESPOT_BITRATE", "160")])
    assert (found.name, found.reason, found.control) == (name, "", "")
    assert "hunter22" not in found.value


def test_no_user_can_set_what_follows_from_others() -> None:
    assert {name for name in DECIDED if name in _instance().options} == set()
