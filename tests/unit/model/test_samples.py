# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written for Prometheus is read back as it was."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hardened.librespot.plugins.module_utils.model.metrics import METRICS, Sample
from ansible_collections.hardened.librespot.plugins.module_utils.model.samples import read_samples
from ansible_collections.hardened.librespot.plugins.module_utils.render.exposition import exposition

LINES = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=20)


@given(st.data(), st.sampled_from(sorted(METRICS)), st.floats(0, 1e12))
def test_as_it_was(data: st.DataObject, name: str, value: float) -> None:
    sample = Sample(name, value, {label: data.draw(LINES) for label in METRICS[name].labels})
    assert list(read_samples(exposition([sample]))) == [sample]


@given(st.text())
def test_what_is_none_is_passed_over(text: str) -> None:
    assert list(read_samples(text)) == []


def test_a_value_that_is_none() -> None:
    assert list(read_samples("librespot_monitor_cgroup_version x\nlibrespot_unknown 1\n")) == []


@pytest.mark.parametrize(
    "labels",
    ["{1}", 'a{1}="', 'a="{1}', "a{2}", '"{2}', "a={2}", 'a="\\\\{2}', '="{2}', "}} {2}"],
)
def test_a_line_that_was_made_to_be_slow_is_none(labels: str) -> None:
    text = labels.format("", "a" * 500_000, 'a="' * 150_000)
    begun = time.process_time()
    assert list(read_samples(f"librespot_monitor_cgroup_version{{{text}}} 1\n")) == []
    assert time.process_time() - begun < 5
