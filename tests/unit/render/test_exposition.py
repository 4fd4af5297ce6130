# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Prometheus' own parser reads of our text is what was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.hardened.librespot.plugins.module_utils.model.metrics import METRICS, Metric, Sample
from ansible_collections.hardened.librespot.plugins.module_utils.model.samples import samples as read_again
from ansible_collections.hardened.librespot.plugins.module_utils.render.exposition import exposition

# What has a meaning in the format, and what has none.
TEXT = st.text('"\\\n{},= aé', max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    metric = draw(st.sampled_from(list(METRICS.values())))
    return Sample(metric.name, draw(NUMBERS), {name: draw(TEXT) for name in metric.labels})


@given(st.lists(samples(), max_size=9, unique_by=lambda item: (item.name, tuple(item.labels.items()))))
def test_each_value_is_read_as_it_was(written: list[Sample]) -> None:
    families = list(text_string_to_metric_families(exposition(written)))
    read = {(x.name, tuple(sorted(x.labels.items()))): x.value for family in families for x in family.samples}
    assert read == {(x.name, tuple(sorted(x.labels.items()))): x.value for x in written}
    again = {(x.name, tuple(sorted(x.labels.items()))): x.value for x in read_again(exposition(written))}
    assert again == read
    assert {family.type for family in families} <= {"gauge", "counter"}


def test_a_family_is_told_once_and_in_the_order_of_the_table() -> None:
    text = exposition(
        [
            Sample("librespot_tasks", 3, {"name": "b"}),
            Sample("librespot_instance_up", 1, {"name": "a"}),
            Sample("librespot_tasks", 4, {"name": "a"}),
        ]
    )
    assert text == (
        "# HELP librespot_instance_up Whether the instance has a process.\n"
        "# TYPE librespot_instance_up gauge\n"
        'librespot_instance_up{name="a"} 1\n'
        "# HELP librespot_tasks Tasks.\n"
        "# TYPE librespot_tasks gauge\n"
        'librespot_tasks{name="b"} 3\n'
        'librespot_tasks{name="a"} 4\n'
    )


@pytest.mark.parametrize("sample", [Sample("librespot_other", 1), Sample("librespot_tasks", 1)])
def test_what_is_not_in_the_table_is_refused(sample: Sample) -> None:
    with pytest.raises(ValueError, match="is not in the table"):
        exposition([sample])


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_names_are_as_prometheus_has_them(metric: Metric) -> None:
    assert metric.name.startswith("librespot_")
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert "instance" not in metric.labels
    assert metric.about.endswith(".")


@pytest.mark.parametrize("text", ["librespot_tasks", "x y z", "librespot_tasks{ 1", "librespot_tasks one"])
def test_what_is_no_sample_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no sample|could not convert"):
        list(read_again(text))
