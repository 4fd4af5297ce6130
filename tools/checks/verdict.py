# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a stage's output says about it: how many tests passed and failed, and whether it tested anything at all."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_WORDS = "passed|failed|errors?|skipped|xfailed|xpassed|deselected|warnings?|rerun"
_SUMMARY = re.compile(rf"^(?:=+ )?((?:\d+ (?:{_WORDS})(?:, )?)+)(?: in [\d.]+s.*?)?(?: =+)?$", re.MULTILINE)
_COUNT = re.compile(r"(\d+) (\w+)")

# With each of these the tools end with status 0.
_EMPTY = re.compile(
    r"no hosts matched"
    r"|Could not match supplied host pattern"
    r"|no tests ran"
    r"|no tests found"
    r"|collected 0 items$"
    r"|\bmissing=[1-9]\d*",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Verdict:
    """How a stage ended. *problem* is why a stage failed that its own status calls good."""

    passed: int
    failed: int
    problem: str = ""


def read(output: str, status: int) -> Verdict:
    """Return the verdict on a command that printed *output* and ended with *status*.

    Tests are counted from the closing lines that pytest prints; a command without them is one test. Skipped tests and
    runs that touched nothing are failures: each is a check that looks green without checking.
    """
    text = _COLOUR.sub("", output)
    counts: Counter[str] = Counter()
    for summary in _SUMMARY.findall(text):
        counts.update({word.removesuffix("s"): int(number) for number, word in _COUNT.findall(summary)})
    failed = counts["failed"] + counts["error"] + counts["xpassed"]
    idle = counts["skipped"] + counts["xfailed"]
    empty = _EMPTY.search(text)
    if empty:
        return Verdict(counts["passed"], failed + idle + 1, f"it tested nothing somewhere: {empty.group(0)}")
    if status == 0 and idle:
        return Verdict(counts["passed"], failed + idle, f"{idle} tests were skipped")
    if status and not failed:
        return Verdict(counts["passed"], 1)
    if not counts["passed"] and not failed:
        return Verdict(1, 0)
    return Verdict(counts["passed"], failed)
