# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the monitor leaves for the notifier: the breaches of this host, in one file."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Sequence

from ..model.alerts import ALERTS
from ..model.breaches import Breach, decode, encode
from ..model.breaching import Breaching
from ..model.errors import HostError
from ..model.judging import Judge
from ..model.metrics import Sample
from ..model.samples import read_samples
from .own_file import put

_TOO_LARGE = 1024 * 1024


class BreachFile:
    """The file at *path*. *others* are files of metrics that other programs keep, such as the scheduled audit."""

    def __init__(self, path: str, others: Sequence[str] = ()) -> None:
        self._path = path
        self._others = others
        self._judge = Judge(ALERTS.values())
        before = _before(path)
        self._breaching = Breaching(before or [])
        # What cannot be read says nothing to the notifier either.
        self._unwritten = before is None

    def look(self, samples: Iterable[Sample], boot: float) -> None:
        """Judge *samples* at the moment *boot*, in seconds since the boot, and write what is to be told.

        Raises OSError when it cannot be written; it is tried again at the next look.
        """
        now = time.time()
        verdicts = self._judge.look([*samples, *self._of_others()], now, boot)
        self._unwritten = self._breaching.look(verdicts, now, boot) or self._unwritten
        if self._unwritten:
            put(self._path, encode(self._breaching.breaches, int(now)))
            self._unwritten = False

    def _of_others(self) -> Iterator[Sample]:
        for path in self._others:
            with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as handle:
                yield from read_samples(handle.read(_TOO_LARGE))


def _before(path: str) -> Sequence[Breach] | None:
    """Return what was there when the monitor was ended last; None where that cannot be read."""
    with contextlib.suppress(OSError, HostError), open(path, "rb") as handle:
        return [item for item in decode(handle.read(_TOO_LARGE), path) if item.alert in ALERTS]
    return None
