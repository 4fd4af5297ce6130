# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Samples read back from the text that another program of ours wrote for Prometheus."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from .metrics import METRICS, Sample

_LINE = re.compile(r"([a-z_]+)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'([a-z_]+)="([^"\\]*(?:\\.[^"\\]*)*)"(?:,|$)')
_ESCAPED = {"\\\\": "\\", "\\n": "\n", '\\"': '"'}


def samples(text: str) -> Iterator[Sample]:
    """Yield the samples of *text*. Raises ValueError for a line that is none."""
    return (_sample(line) for line in text.splitlines() if not line.startswith("#"))


def read_samples(text: str) -> Iterator[Sample]:
    """Yield the samples of *text* that are in the table of metrics; what is none is passed over."""
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            found = _sample(line)
            if found.name in METRICS:
                yield found


def _sample(line: str) -> Sample:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"{line[:60]!r} is no sample")
    name, labels, value = found.groups()
    return Sample(name, float(value), dict(_labels(labels or "")))


def _labels(text: str) -> Iterator[tuple[str, str]]:
    """Yield the labels of *text*, one behind the other: to look for them in what someone made up may take hours."""
    at = 0
    while at < len(text):
        found = _LABEL.match(text, at)
        if found is None:
            raise ValueError(f"{text[at : at + 60]!r} is no label")
        yield found.group(1), _plain(found.group(2))
        at = found.end()


def _plain(value: str) -> str:
    return re.sub(r"\\.", lambda found: _ESCAPED.get(found.group(), found.group()), value)
