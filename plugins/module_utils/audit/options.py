# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFG-01 and CFG-03: the options and relaxations that an instance runs with, read from its process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..model.finding import WAIVED, Finding
from ..model.instance import Instance
from ..model.option_rules import warnings
from ..planners import live
from .context import Context, each, finding, not_running


def look(context: Context) -> Iterator[Finding]:
    """Yield CFG-01 and CFG-03 of each instance."""
    yield from each(context, "CFG-01", "options", _options)
    yield from each(context, "CFG-03", "relaxations", _relaxations)


def _options(context: Context, instance: Instance) -> Iterator[Finding]:
    main = context.main(instance)
    expected = f"the options of the inventory, all known to librespot {context.spec.version}"
    if main is None:
        yield not_running(context, "CFG-01", "options", instance, expected)
        return
    wrong = live.wrong_options(main, instance)
    yield finding(
        "CFG-01",
        "options",
        instance.name,
        not wrong,
        expected,
        "; ".join(wrong) or f"{len(live.options(main))} options, as in the inventory",
        f"/proc/{main.pid}/environ and cmdline",
    )


def _relaxations(context: Context, instance: Instance) -> Iterator[Finding]:
    """Waive what the inventory asks for, with its reason; what the process has besides is a failure."""
    expected = "none, or each with a reason"
    main = context.main(instance)
    if main is None:
        yield not_running(context, "CFG-03", "relaxations", instance, expected)
        return
    wrong = live.wrong_relaxations(main, instance)
    said = [f"{item.name} ({item.reason}): {item.price}" for item in instance.relaxations]
    said += [f"option {name}: {reason}" for name, reason in warnings(instance.options)]
    found = finding(
        "CFG-03",
        "relaxations",
        instance.name,
        not wrong,
        expected,
        "; ".join(wrong or said) or "none",
        f"{instance.path}, /proc/{main.pid}/mountinfo and environ",
        WAIVED if said and not wrong else "",
        "Run hardened.librespot.site against this host" if wrong else "",
    )
    given = "; ".join([f"{item.name}: {item.reason}" for item in instance.relaxations])
    yield replace(found, reason=given) if found.status == WAIVED else found
