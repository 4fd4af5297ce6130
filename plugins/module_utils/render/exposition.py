# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text format of Prometheus, as the textfile collector of its node_exporter reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..model.metrics import METRICS, Sample


def exposition(samples: Iterable[Sample]) -> str:
    """Return *samples* as text, by families in the order of the table. Raises ValueError for one that is not in it.

    A family without a sample is left out: what is not known is no 0. Moments are seconds since 1970, and never the
    format's own: node_exporter refuses a whole file for one of those.
    """
    found: dict[str, list[Sample]] = {}
    for item in samples:
        metric = METRICS.get(item.name)
        if metric is None or set(item.labels) != set(metric.labels):
            raise ValueError(f"{item.name} with the labels {', '.join(item.labels) or 'none'} is not in the table")
        found.setdefault(item.name, []).append(item)
    return "".join(
        f"# HELP {metric.name} {_escaped(metric.about)}\n# TYPE {metric.name} {metric.kind}\n"
        + "".join(f"{name}{_labels(metric.labels, item.labels)} {_number(item.value)}\n" for item in found[name])
        for name, metric in METRICS.items()
        if name in found
    )


def _labels(names: Iterable[str], values: Mapping[str, str]) -> str:
    pairs = [f'{name}="{_quoted(values[name])}"' for name in names]
    return f"{{{','.join(pairs)}}}" if pairs else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', '\\"')


def _number(value: float) -> str:
    """Return a number with all its digits: a moment has more than six."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
