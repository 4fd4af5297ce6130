# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The units of the firewall: the table is in force before the network is, and follows what it must follow."""

from __future__ import annotations

from ..model.sandbox import HELPER
from .unit import FIREWALL, SETTINGS, UNITS, unit_text

LOADER = "/opt/librespot/libexec/firewall.py"
TABLE_FILE = f"{SETTINGS}/firewall.nft"
GRANTS_FILE = f"{SETTINGS}/firewall.grants"
RESOLVERS = "librespot-firewall-resolvers.service"
RESOLVERS_WATCH = "librespot-firewall-resolvers.path"
AGAIN = "librespot-firewall-again.service"
CLOCK = "librespot-firewall-clock.timer"
CLOCK_SERVICE = "librespot-firewall-clock.service"

_IN_FORCE = "librespot-firewall"
IN_FORCE = f"/run/{_IN_FORCE}"
"""A directory that is there as long as the table was loaded, and has not been taken away since."""

_LOAD = f"/usr/bin/python3 -I {LOADER}"

_SANDBOX = (
    # All that is needed to change a table.
    ("CapabilityBoundingSet", "CAP_NET_ADMIN"),
    ("RestrictAddressFamilies", "AF_NETLINK AF_UNIX"),
    ("SystemCallFilter", "@system-service"),
    ("SystemCallFilter", "~@privileged @resources"),
    *HELPER,
)


def _service() -> str:
    before = [
        ("Description", "Firewall of the Spotify Connect speakers (librespot)"),
        # In force before any interface is up.
        ("DefaultDependencies", "no"),
        ("Wants", "network-pre.target"),
        ("Before", "network-pre.target shutdown.target"),
        ("Conflicts", "shutdown.target"),
        ("RequiresMountsFor", f"{LOADER} {TABLE_FILE}"),
        # It begins by flushing every table, ours too, when it starts, stops and reloads.
        ("After", "local-fs.target nftables.service"),
        ("ReloadPropagatedFrom", "nftables.service"),
        ("PartOf", "nftables.service"),
    ]
    run = [
        ("Type", "oneshot"),
        ("RemainAfterExit", "yes"),
        ("ExecStart", f"{_LOAD} --table {TABLE_FILE}"),
        ("ExecReload", f"{_LOAD} --table {TABLE_FILE}"),
        # systemd removes it when loading fails: what the engine starts at boot waits for nobody's unit, but for this.
        ("RuntimeDirectory", _IN_FORCE),
        *_SANDBOX,
    ]
    return unit_text([("Unit", before), ("Service", run), ("Install", [("WantedBy", "sysinit.target")])])


def _again() -> str:
    before = [
        ("Description", "Puts the firewall of librespot back when nftables.service has flushed all tables"),
        # A start of it is told to nobody who is active already; this unit never stays active, so it is started along.
        ("After", f"nftables.service {FIREWALL}"),
        ("Requisite", FIREWALL),
    ]
    run = [("Type", "oneshot"), ("ExecStart", f"{_LOAD} --table {TABLE_FILE}"), *_SANDBOX]
    return unit_text([("Unit", before), ("Service", run), ("Install", [("WantedBy", "nftables.service")])])


def _resolvers_service() -> str:
    before = [
        ("Description", "Lets the Spotify Connect speakers (librespot) ask the host's present name servers"),
        ("After", FIREWALL),
        ("Requisite", FIREWALL),
    ]
    return unit_text([("Unit", before), ("Service", [("Type", "oneshot"), ("ExecStart", _LOAD), *_SANDBOX])])


def _resolvers_watch() -> str:
    before = [("Description", "Notices other name servers"), ("After", FIREWALL), ("PartOf", FIREWALL)]
    watch = [("PathChanged", "/etc/resolv.conf")]
    return unit_text([("Unit", before), ("Path", watch), ("Install", [("WantedBy", FIREWALL)])])


def _clock_service() -> str:
    before = [("Description", "Follows the host's local time in the firewall of librespot")]
    run = [("Type", "oneshot"), ("ExecStart", f"/usr/bin/systemctl reload {FIREWALL}")]
    return unit_text([("Unit", before), ("Service", run)])


def _clock() -> str:
    before = [("Description", "Follows summer time in the firewall of librespot"), ("PartOf", FIREWALL)]
    # Everywhere the clocks have changed by then.
    times = [("OnCalendar", "*-*-* 03:30:00"), ("Persistent", "yes")]
    return unit_text([("Unit", before), ("Timer", times), ("Install", [("WantedBy", FIREWALL)])])


def firewall_units(windows: bool) -> dict[str, str | None]:
    """Return the text of each unit by its path; None for one that is not needed without *windows* of local time."""
    return {
        f"{UNITS}/{FIREWALL}": _service(),
        f"{UNITS}/{AGAIN}": _again(),
        f"{UNITS}/{RESOLVERS}": _resolvers_service(),
        f"{UNITS}/{RESOLVERS_WATCH}": _resolvers_watch(),
        f"{UNITS}/{CLOCK_SERVICE}": _clock_service() if windows else None,
        f"{UNITS}/{CLOCK}": _clock() if windows else None,
    }
