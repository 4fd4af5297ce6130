# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CFG-01 and CFG-03: the options that the process was really started with."""

from __future__ import annotations

from collections.abc import Iterator

from ..host.proc import command_line
from ..model.finding import WAIVED, Finding
from ..model.instance import Instance
from ..model.option_rules import warnings
from ..model.options_table import OPTIONS, exists
from ..render.environment import arguments, environment
from ..render.options import effective_options
from .context import Context, each, finding, not_running

_PREFIX = "LIBRESPOT_"


def look(context: Context) -> Iterator[Finding]:
    """Yield CFG-01 and CFG-03 of each instance."""
    yield from each(context, "CFG-01", "options", _options)
    yield from each(context, "CFG-03", "relaxations", _relaxations)


def _options(context: Context, instance: Instance) -> Iterator[Finding]:
    process = context.main(instance)
    expected = f"the options of the inventory, all known to librespot {context.spec.version}"
    if process is None:
        yield not_running("CFG-01", "options", instance, expected)
        return
    seen = {name: value for name, value in process.environment.items() if name.upper().startswith(_PREFIX)}
    wanted = environment(effective_options(instance))
    known = {
        _PREFIX + option.name.upper().replace("-", "_") for option in OPTIONS if exists(option, context.spec.version)
    }
    wrong = [f"{name} is no option" for name in sorted(set(seen) - known)]
    wrong += [f"{name} is not in the inventory" for name in sorted((set(seen) & known) - set(wanted))]
    wrong += [f"{name} is missing" for name in sorted(set(wanted) - set(seen))]
    wrong += [f"{name} has another value" for name in sorted(set(wanted) & set(seen)) if wanted[name] != seen[name]]
    if command_line(process.pid)[1:] != arguments(instance.options):
        wrong.append("the command line has other arguments")
    yield finding(
        "CFG-01",
        "options",
        instance.name,
        not wrong,
        expected,
        "; ".join(wrong) or f"{len(seen)} options, as in the inventory",
        f"/proc/{process.pid}/environ and cmdline",
    )


def _relaxations(_context: Context, instance: Instance) -> Iterator[Finding]:
    said = [f"{item.name} ({item.reason}): {item.price}" for item in instance.relaxations]
    said += [f"option {name}: {reason}" for name, reason in warnings(instance.options)]
    yield finding(
        "CFG-03",
        "relaxations",
        instance.name,
        True,
        "none, or each with a reason",
        "; ".join(said) or "none",
        instance.path,
        WAIVED if said else "",
    )
