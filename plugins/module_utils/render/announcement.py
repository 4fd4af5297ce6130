# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service file of avahi: how the host announces an instance that cannot announce itself."""

from __future__ import annotations

from xml.sax.saxutils import escape

from ..model.instance import Instance

SERVICES = "/etc/avahi/services"
"""Where avahi-daemon looks for what it shall announce, and follows changes (avahi.service(5))."""

MARK = "<!-- Written by hardened.librespot; changes are lost. -->"

_TYPE = "_spotify-connect._tcp"
_TXT = ("VERSION=1.0", "CPath=/")
"""What librespot itself announces (librespot 0.8.0, discovery/src/lib.rs)."""


def service_path(name: str) -> str:
    """Return the file of the instance *name*."""
    return f"{SERVICES}/librespot-{name}.service"


def service_file(instance: Instance) -> str:
    """Return the text of the file of *instance*, which listens at its port on the host."""
    records = "\n".join(f"    <txt-record>{item}</txt-record>" for item in _TXT)
    return f"""<?xml version="1.0" standalone="no"?>
{MARK}
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<service-group>
  <name>{escape(str(instance.options["name"]))}</name>
  <service>
    <type>{_TYPE}</type>
    <port>{instance.port}</port>
{records}
  </service>
</service-group>
"""
