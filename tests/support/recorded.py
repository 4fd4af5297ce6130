# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real Prometheus with eight days of some speakers, as the monitor would have exported them.

All of them use 20 to 45 MiB, 20 to 24 tasks and 24 files.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.urls import open_url

from tests.attacks.hosts import Target, target, until

DAYS = 8
EVERY_S = 60
MIB = 1024 * 1024
PORT = 9391
PLACE = "/run/recorded"


@dataclass(frozen=True)
class Recording:
    """The Prometheus at *url*, on *host*, and the moment at which what it has ends, in seconds since the epoch."""

    host: Target
    url: str
    end: float


@contextmanager
def recording(purpose: str, recorded: str, speakers: Collection[str], throttled: str = "") -> Iterator[Recording]:
    """Start the Prometheus of Debian with what it would have of the host *recorded*, and remove it afterwards.

    The quota of the one that is *throttled* is used up.
    """
    end = float(int(time.time()) - 600)
    with target("debian12-monitoring", purpose) as host:
        subprocess.run(
            ["docker", "exec", "--interactive", host.name, "sh", "-euc", f"mkdir -p {PLACE}; cat > {PLACE}/in.om"],
            input="".join(_openmetrics(end, recorded, speakers, throttled)),
            text=True,
            check=True,
        )
        # It reads all of its input again for each block: one block for all of the days.
        importing = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=500h"]
        host.out(*importing, f"{PLACE}/in.om", f"{PLACE}/data", timeout=500)
        host.write(f"{PLACE}/prometheus.yml", "global: {}\n")
        server = host.start(
            "sh",
            "-euc",
            f"prometheus --config.file={PLACE}/prometheus.yml --storage.tsdb.path={PLACE}/data "
            f"--storage.tsdb.retention.time=60d --web.listen-address=:{PORT} & cat; kill $!",
        )
        found = Recording(host, f"http://{host.address}:{PORT}", end)

        def ready() -> bool:
            with suppress(OSError):
                return bool(open_url(f"{found.url}/-/ready", timeout=2).status == 200)
            return False

        try:
            until(ready, 60, "Prometheus is ready")
            yield found
        finally:
            server.communicate(timeout=30)


def _openmetrics(end: float, recorded: str, speakers: Collection[str], throttled: str) -> Iterator[str]:
    """Yield what the monitor would have exported, as text that promtool reads."""
    count = DAYS * 86400 // EVERY_S
    moments = [int(end) - EVERY_S * (count - number) for number in range(count)]

    def family(name: str, kind: str, value: Any) -> Iterator[str]:
        yield f"# TYPE {name.removesuffix('_total') if kind == 'counter' else name} {kind}\n"
        for speaker in speakers:
            key = f'{name}{{instance="{recorded}:9100",name="{speaker}"}}'
            for number, moment in enumerate(moments):
                yield f"{key} {value(speaker, number)} {moment}\n"

    def busy(number: int) -> bool:
        """An hour of music each evening."""
        return number * EVERY_S % 86400 < 3600

    yield from family("librespot_instance_up", "gauge", lambda _name, _number: 1)
    yield from family("librespot_memory_bytes", "gauge", lambda _name, number: (45 if busy(number) else 20) * MIB)
    yield from family("librespot_tasks", "gauge", lambda _name, number: 24 if busy(number) else 20)
    yield from family("librespot_open_files", "gauge", lambda _name, _number: 24)
    yield from family("librespot_cpu_seconds_total", "counter", lambda _name, number: number * EVERY_S * 0.05)
    yield from family("librespot_cpu_periods_total", "counter", lambda _name, number: number * 100)
    yield from family(
        "librespot_cpu_throttled_periods_total",
        "counter",
        lambda name, number: number * 20 if name == throttled else 0,
    )
    yield "# EOF\n"
