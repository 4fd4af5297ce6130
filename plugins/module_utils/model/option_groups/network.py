# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the network: how speakers are found, and how the service reaches out."""

from __future__ import annotations

from ..option import CHOICE, FLAG, INTEGER, TEXT, URL, Option

NETWORK: tuple[Option, ...] = (
    Option(
        "name",
        TEXT,
        "Name that applications show; the instance's own when left out",
        security="Everyone on the local network can read it, and the device's id is made from it",
        short="n",
        default="Librespot",
        # The label of a DNS-SD instance.
        most_bytes=63,
    ),
    Option(
        "device-type",
        CHOICE,
        "Kind of device that applications show",
        security="Everyone on the local network can read it",
        short="F",
        default="speaker",
        choices=(
            "computer",
            "tablet",
            "smartphone",
            "speaker",
            "tv",
            "avr",
            "stb",
            "audiodongle",
            "gameconsole",
            "castaudio",
            "castvideo",
            "automobile",
            "smartwatch",
            "chromebook",
            "carthing",
            "homething",
        ),
        retired=(("homething", "0.7.0"),),
    ),
    Option("group", FLAG, "Show the device as a group of speakers", since="0.5.0", default="false"),
    Option(
        "disable-discovery",
        FLAG,
        "Do not announce the device and open no port",
        security="Without discovery nothing listens, and only the stored credentials can log in",
        short="O",
        owner="bind.discovery",
        instead="Write discovery: false under the instance's bind, and give it credentials",
    ),
    Option(
        "zeroconf-port",
        INTEGER,
        "TCP port of the discovery service",
        security="Without it the port is another one at every start, and no firewall can know it",
        short="z",
        minimum=1,
        maximum=65535,
        owner="port",
        instead="Write the instance's port",
    ),
    Option(
        "zeroconf-interface",
        TEXT,
        "Addresses that mDNS answers with",
        security="It binds nothing: the service goes on listening on every address",
        short="i",
        since="0.5.0",
        default="all interfaces",
        owner="bind",
        instead="Write an interface or an address under the instance's bind",
    ),
    Option(
        "zeroconf-backend",
        CHOICE,
        "Who answers mDNS: the program itself, or a daemon of the host",
        security="avahi and dns-sd announce on every interface of the daemon, whatever the instance's bind says",
        since="0.6.0",
        choices=("avahi", "dns-sd", "libmdns"),
    ),
    Option(
        "proxy",
        URL,
        "HTTP proxy for outgoing connections, http://host:port",
        security="The proxy sees whom the service talks to; a password in the address would stand in the environment "
        "and, with verbose, in the log",
        short="x",
        permissive="the proxy learns every host that the service connects to, and outgoing rules must let it through",
    ),
    Option(
        "ap-port",
        INTEGER,
        "Port of the access point: 443, 80 or 4070",
        security="443 keeps all that goes out, but DNS, on one port",
        short="a",
        minimum=1,
        maximum=65535,
    ),
)
