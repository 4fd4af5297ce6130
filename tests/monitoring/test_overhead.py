# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What monitoring costs a host: processor time and memory, of each part, over some minutes as a user has it."""

from __future__ import annotations

import time

from .conftest import SERVICE, Monitored

WINDOW_S = 150
SCRAPES_S = 15
_MOST_S_PER_HOUR = 60
"""One second in a minute of one processor: more would be noticed on a Raspberry Pi Zero."""
_MOST_MIB = 40

_USED = """
import os, re, subprocess, sys
argv = ["systemctl", "show", "--property=MainPID", "--value", sys.argv[1]]
pid = subprocess.run(argv, capture_output=True, text=True)
stat = open(f"/proc/{pid.stdout.strip()}/stat").read().rpartition(")")[2].split()
status = open(f"/proc/{pid.stdout.strip()}/status").read()
used = sum(map(int, stat[11:15])) / os.sysconf("SC_CLK_TCK")
print(used, int(re.search(r"VmRSS:\\s+(\\d+)", status).group(1)) / 1024)
"""
"""Prints the processor time of a service, with that of what it has started, in seconds, and its memory in MiB."""

_ONCE = """
import resource, subprocess, sys
unit = open("/etc/systemd/system/hardened-librespot-grants.service").read()
command = next(line.partition("=")[2] for line in unit.splitlines() if line.startswith("ExecStart="))
times = 10
for _number in range(times):
    subprocess.run(command.split(), check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print((used.ru_utime + used.ru_stime) / times, used.ru_maxrss / 1024)
"""
"""Prints what one listing of grants takes."""


def _read(monitored: Monitored, *argv: str) -> tuple[float, float]:
    first, second = monitored.host.out("python3", "-c", *argv).split()
    return float(first), float(second)


def test_it_costs_next_to_nothing(monitored: Monitored, report: list[str]) -> None:
    run = monitored.monitor(interval=5)
    assert run.status == 0, run.output
    services = {"monitor": SERVICE, "node_exporter": "prometheus-node-exporter.service"}
    before = {name: _read(monitored, _USED, unit) for name, unit in services.items()}
    begun = time.monotonic()
    while time.monotonic() - begun < WINDOW_S:
        time.sleep(SCRAPES_S)
        monitored.scraped()
    lasted = time.monotonic() - begun
    after = {name: _read(monitored, _USED, unit) for name, unit in services.items()}
    rows = {name: ((after[name][0] - before[name][0]) * 3600 / lasted, after[name][1]) for name in services}
    once, memory = _read(monitored, _ONCE)
    rows["grants, each minute"] = (once * 60, memory)
    report.append(f"{monitored.host.name}, {lasted:.0f} s, scraped every {SCRAPES_S} s")
    report.append("| part | CPU seconds per hour | memory |")
    report.append("| --- | --- | --- |")
    report.extend(f"| {name} | {cpu:.1f} | {mib:.0f} MiB |" for name, (cpu, mib) in rows.items())
    assert rows["monitor"][0] < _MOST_S_PER_HOUR
    assert rows["monitor"][1] < _MOST_MIB
    assert monitored.monitor(state="absent").status == 0
