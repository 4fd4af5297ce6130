# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way in which a control is taken away, and what must turn red then, exactly: declared before it was tried.

A script runs as root on the host. `kitchen` is tampered with, or `studio`, which has a segment of
its own; `bedroom` must stay green unless it is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.mutants.world import Key

_PRELUDE = r"""
unit=librespot-kitchen.service
watchdog=librespot-kitchen-watchdog
text=/etc/systemd/system/$unit
settings=/etc/librespot/kitchen.env
login=/etc/librespot/credentials/kitchen.json
release=/opt/librespot/$(readlink /opt/librespot/current)
secret=a-login-that-is-nowhere-else

answers() {
  for _try in $(seq 60); do
    if python3 -c 'import urllib.request as u; u.urlopen("http://127.0.0.1:37879/?action=getInfo")' 2>/dev/null
    then sleep 0.2; return; fi
    sleep 0.2
  done
  exit 1
}
settled() { systemctl daemon-reload; systemctl start $watchdog.service; }
restarted() { systemctl daemon-reload; systemctl restart $unit; answers; }
drop_in() { mkdir -p $text.d; printf '[Service]\n%s\n' "$1" > $text.d/99-mutant.conf; restarted; }
in_memory_alone() { drop_in "$1"; rm -r $text.d; settled; }  # files and systemd are as before
edited() { sed -i "$1" $text; restarted; }
limited() { systemctl set-property --runtime $unit "$1"; systemctl start $watchdog.service; }
cgroup() { find /sys/fs/cgroup/ -path "*/librespot.slice/$unit" -prune 2>/dev/null | head -n 1; }
listening() {  # a program that kitchen might have started listens on a TCP port; whose user it is does not matter
  python3 -c '
import os, socket, sys, time
held = socket.create_server(("127.0.0.1", int(sys.argv[1])))
open(sys.argv[2] + "/cgroup.procs", "w").write(str(os.getpid()))
time.sleep(600)' "$1" "$(cgroup)" >/dev/null 2>&1 </dev/null &
  sleep 1
}
"""


@dataclass(frozen=True)
class Mutant:
    """A control taken away by *script*.

    *enforced* turns red as well where the kernel holds units to their limits; when *red* is empty the script does
    nothing elsewhere. *more* is what the inventory needs besides, for the next run to mend it; *by_hand* is what the
    user has to do, where the next run cannot know.
    """

    name: str
    script: str
    red: str
    enforced: str = ""
    more: tuple[Mapping[str, Any], ...] = ()
    by_hand: str = ""

    @property
    def command(self) -> str:
        """The whole script."""
        return _PRELUDE + self.script

    def declared(self, enforces: bool) -> frozenset[Key]:
        """Return the findings that turn red on a host that *enforces* limits or does not."""
        return _keys(self.red) | _keys(self.enforced) if enforces else _keys(self.red)


def _keys(text: str) -> frozenset[Key]:
    """Read ``CFG-06 drift kitchen, CFG-04 modes host``."""
    words = (item.split() for item in text.split(",") if item.strip())
    return frozenset((first, " ".join(middle), last) for first, *middle, last in words)


DRIFT = "CFG-06 drift kitchen"
EVERY_DRIFT = "CFG-06 drift kitchen, CFG-06 drift bedroom, CFG-06 drift studio"
MODES = f"CFG-04 modes kitchen, {DRIFT}"
MEMORY = "RES-03 memory kitchen, RES-03 memory high kitchen, RES-03 swap kitchen"
CGROUP = f"{MEMORY}, RES-03 cpu kitchen, RES-03 io weight kitchen, RES-09 tasks kitchen"

_FILES = (
    Mutant("settings-for-all", "chmod 0644 $settings", MODES),
    Mutant("settings-of-the-instance", "chown librespot-kitchen $settings", MODES),
    Mutant("directory-for-all", "chmod 0755 /etc/librespot", "CFG-04 modes host, CFG-06 drift host"),
    Mutant(
        "settings-readable",
        "chmod 0755 /etc/librespot; chmod 0644 $settings",
        f"CFG-04 modes host, CFG-06 drift host, CFG-04 read attempt kitchen, {MODES}",
    ),
    Mutant("login-for-all", "chmod 0444 $login", MODES),
    # A copy where everyone can read it is what the login then is, too.
    Mutant(
        "login-readable",
        "chmod 0755 /etc/librespot /etc/librespot/credentials; chmod 0444 $login",
        "CFG-04 modes host, CFG-06 drift host, CFG-04 read attempt kitchen, CFG-05 files host, " + MODES,
    ),
    Mutant("unit-writable", "chmod 0666 $text", MODES),
    Mutant("settings-by-one-byte", "printf '#' >> $settings", DRIFT),
    Mutant("unit-by-one-byte", "printf '#' >> $text", DRIFT),
    Mutant("watchdog-by-one-byte", "printf '#' >> /etc/systemd/system/$watchdog.service", DRIFT),
    Mutant("timer-by-one-byte", "printf '#' >> /etc/systemd/system/$watchdog.timer", DRIFT),
    Mutant("sign-of-life-by-one-byte", "printf '#' >> /opt/librespot/libexec/liveness.py", "CFG-06 drift host"),
    Mutant("slice-by-one-byte", "printf '#' >> /etc/systemd/system/librespot.slice", "CFG-06 drift host"),
    Mutant("login-by-one-byte", "printf ' ' >> $login", DRIFT),
    Mutant("settings-removed", "rm $settings", DRIFT),
)

_OPTIONS = (
    Mutant(
        "other-option",
        """printf 'LIBRESPOT_BITRATE="96"\n' >> $settings; restarted""",
        f"CFG-01 options kitchen, CFG-07 rationale kitchen, {DRIFT}",
    ),
    Mutant(
        "unknown-option",
        """printf 'LIBRESPOT_BITRAET="96"\n' >> $settings; restarted""",
        f"CFG-01 options kitchen, CFG-07 rationale kitchen, {DRIFT}",
    ),
    Mutant(
        "option-in-memory-alone",
        "in_memory_alone Environment=LIBRESPOT_BITRATE=96",
        f"CFG-01 options kitchen, {DRIFT}",
    ),
    Mutant("argument", r"edited '/^ExecStart=/s/$/ --bitrate 96/'", f"CFG-01 options kitchen, {DRIFT}"),
    Mutant(
        "permissive-option",
        "drop_in Environment=LIBRESPOT_VERBOSE=on",
        f"CFG-01 options kitchen, CFG-03 relaxations kitchen, {DRIFT}",
    ),
    Mutant("bus", "drop_in BindReadOnlyPaths=/run/dbus", f"CFG-03 relaxations kitchen, {DRIFT}"),
)

_SECRETS = (
    Mutant(
        "password-in-the-environment",
        "drop_in Environment=LIBRESPOT_PASSWORD=hunter22",
        f"CFG-01 options kitchen, CFG-05 processes host, {DRIFT}",
    ),
    Mutant(
        "login-in-the-environment",
        'drop_in "Environment=X=$secret"',
        f"CFG-05 files host, CFG-05 processes host, {DRIFT}",
    ),
    Mutant(
        "login-on-a-command-line",
        "setsid sh -c 'sleep 600; :' $secret >/dev/null 2>&1 </dev/null & sleep 0.5",
        "CFG-05 processes host",
        by_hand="pkill --full 'sleep 600; : a-login'",
    ),
    Mutant(
        "login-copied",
        "install -m 0644 $login /var/tmp/copy",
        "CFG-05 files host",
        by_hand="rm /var/tmp/copy",
    ),
    Mutant(
        "login-in-the-journal",
        "logger $secret; journalctl --sync",
        "CFG-05 journal host",
        by_hand="journalctl --quiet --rotate; journalctl --quiet --vacuum-time 1s",
    ),
)

_RIGHTS = (
    Mutant("root", "drop_in User=root", f"CFG-02 rights kitchen, CFG-02 exposure kitchen, {DRIFT}"),
    Mutant(
        "capabilities",
        "drop_in CapabilityBoundingSet=~",
        f"CFG-02 rights kitchen, CFG-02 exposure kitchen, {DRIFT}",
    ),
    Mutant(
        "users-of-the-host",
        "edited /^PrivateUsers=/d",
        f"CFG-02 rights kitchen, CFG-02 exposure kitchen, {DRIFT}",
    ),
    Mutant("users-in-memory-alone", "in_memory_alone PrivateUsers=no", f"CFG-02 rights kitchen, {DRIFT}"),
    # The other directives that filter system calls imply it, but not that set-uid programs are ignored.
    Mutant(
        "new-privileges",
        "edited /^NoNewPrivileges=/d",
        f"CFG-02 exposure kitchen, CFG-02 file system kitchen, {DRIFT}",
    ),
    Mutant("system-calls", "edited /^SystemCallFilter=/d", f"CFG-02 exposure kitchen, {DRIFT}"),
    Mutant(
        "devices",
        "drop_in PrivateDevices=no",
        f"CFG-02 exposure kitchen, RES-09 disk kitchen, {DRIFT}",
    ),
    Mutant(
        "planted-program",
        "mkdir /var/lib/hardened-librespot/root/planted; cp /bin/ls /var/lib/hardened-librespot/root/planted",
        "CFG-02 file system kitchen, CFG-02 file system bedroom, CFG-02 file system studio, CFG-06 drift host, "
        f"{EVERY_DRIFT}",
    ),
    Mutant("programs", "drop_in BindReadOnlyPaths=/usr/bin", f"CFG-02 file system kitchen, {DRIFT}"),
    Mutant("executable-root", "drop_in NoExecPaths=", f"CFG-02 file system kitchen, {DRIFT}"),
    Mutant(
        "open-secrets",
        """drop_in "$(printf 'InaccessiblePaths=\nInaccessiblePaths=+/sys')" """,
        f"CFG-02 file system kitchen, {DRIFT}",
    ),
    Mutant(
        "no-sandbox",
        "sed -i -E '/^(\\[|Type|Slice|User|Group|Environment|ExecStart|LoadCredential|WantedBy|Kill)/!d' $text\n"
        "mkdir -p /scratch; chmod 1777 /scratch; restarted",
        "CFG-02 rights kitchen, CFG-02 exposure kitchen, CFG-02 file system kitchen, NET-05 other ports kitchen, "
        f"RES-09 disk kitchen, {DRIFT}",
        enforced=CGROUP,
    ),
    Mutant("sound-group", "usermod -aG audio librespot-kitchen; restarted", f"CFG-02 rights kitchen, {DRIFT}"),
    Mutant("shell", "usermod --shell /bin/bash librespot-kitchen", DRIFT),
    Mutant("password", "usermod --password x librespot-kitchen", DRIFT),
)

_UNITS = (
    Mutant(
        "stopped",
        "systemctl stop $unit",
        "CFG-01 options kitchen, CFG-02 rights kitchen, CFG-02 file system kitchen, CFG-02 profile kitchen, "
        "CFG-03 relaxations kitchen, "
        "NET-01 sockets kitchen, NET-02 bind kitchen, NET-05 sockets kitchen, NET-05 other ports kitchen, "
        "NET-11 send kitchen, RES-03 limits kitchen, RES-09 limits kitchen, UPD-05 crates kitchen, "
        f"UPD-08 running binary kitchen, {DRIFT}",
    ),
    Mutant("setting-without-a-reason", "drop_in IgnoreSIGPIPE=no", f"CFG-07 rationale kitchen, {DRIFT}"),
    Mutant(
        "chain-without-a-reason",
        "nft add chain inet librespot somebodys",
        "CFG-07 rationale host, NET-03 table host, CFG-06 drift host",
    ),
    Mutant("not-at-boot", "systemctl disable --quiet $unit; settled", DRIFT),
    Mutant("watchdog-off", "systemctl disable --quiet --now $watchdog.timer; settled", DRIFT),
    Mutant(
        "drop-in-of-all-instances",
        "mkdir -p /etc/systemd/system/librespot-.service.d\n"
        "printf '[Service]\\nProtectClock=no\\n' > /etc/systemd/system/librespot-.service.d/99-mutant.conf\nrestarted",
        "NET-03 boot host, CFG-06 drift host, "
        f"CFG-02 exposure kitchen, CFG-02 exposure bedroom, CFG-02 exposure studio, {EVERY_DRIFT}",
    ),
    Mutant(
        "drop-in-with-a-space",
        'mkdir -p $text.d; printf \'[Service]\\nProtectClock=no\\n\' > "$text.d/50 a \\"mutant\\".conf"\nrestarted',
        f"CFG-02 exposure kitchen, {DRIFT}",
    ),
    Mutant(
        "another-unit-before-ours",
        "mkdir -p /etc/systemd/system.control\n"
        "sed '/^ProtectClock=/d' $text > /etc/systemd/system.control/$unit\nrestarted",
        f"CFG-02 exposure kitchen, {DRIFT}",
    ),
    Mutant(
        "drop-in-of-the-slice",
        "mkdir -p /etc/systemd/system/librespot.slice.d\n"
        "printf '[Slice]\\nCPUQuota=1%%\\n' > /etc/systemd/system/librespot.slice.d/99-mutant.conf\nsettled",
        "CFG-06 drift host",
    ),
    Mutant(
        "started-along",
        "ln -s /dev/null /etc/systemd/system/$unit.wants/evil.service; settled",
        DRIFT,
    ),
    Mutant(
        "undeclared-instance",
        "sed 's/kitchen/rogue/g' $text > /etc/systemd/system/librespot-rogue.service",
        "CFG-06 undeclared host",
        more=({"name": "rogue", "state": "absent"},),
    ),
)

_NETWORK = (
    Mutant("another-port", "listening 6000", f"CFG-02 rights kitchen, NET-01 sockets kitchen, {DRIFT}"),
    Mutant(
        "login-listener",
        "listening 5588",
        f"CFG-02 rights kitchen, NET-01 sockets kitchen, NET-05 sockets kitchen, {DRIFT}",
    ),
    Mutant(
        "announces-what-is-elsewhere",
        # The watchdog would put it right at once.
        "systemctl stop $watchdog.timer; echo LIBRESPOT_ZEROCONF_INTERFACE=192.0.2.77 > /run/librespot/kitchen.env",
        f"NET-02 announced kitchen, {DRIFT}",
    ),
    Mutant(
        "no-table",
        "nft delete table inet librespot",
        "NET-03 table host, NET-04 table host, NET-09 table host, NET-11 table host, NET-12 families kitchen, "
        "NET-12 families bedroom, NET-11 send kitchen, NET-11 send bedroom, CFG-06 drift host",
    ),
    Mutant(
        "sleeping-table",
        "nft add table inet librespot '{ flags dormant; }'",
        "NET-03 table host, NET-11 send kitchen, NET-11 send bedroom, CFG-06 drift host",
    ),
    Mutant(
        "table-not-at-boot-by-hand",
        # systemd believes it is enabled until it is reloaded.
        "rm /etc/systemd/system/sysinit.target.wants/librespot-firewall.service",
        "NET-03 boot host, CFG-06 drift host",
    ),
    Mutant(
        "loads-no-table",
        "mkdir -p /etc/systemd/system/librespot-firewall.service.d\n"
        "printf '[Service]\\nExecStart=\\nExecStart=/bin/true\\n' "
        "> /etc/systemd/system/librespot-firewall.service.d/a.conf\nsystemctl daemon-reload; settled",
        "NET-03 boot host, CFG-06 drift host",
    ),
    Mutant("not-at-boot-by-hand", "rm /etc/systemd/system/multi-user.target.wants/$unit", DRIFT),
    Mutant(
        "table-not-at-boot",
        "systemctl disable --quiet librespot-firewall.service; settled",
        "NET-03 boot host, CFG-06 drift host",
    ),
    Mutant(
        "ipv6-passed-over",
        "nft insert rule inet librespot on_prerouting meta nfproto ipv6 accept",
        "NET-03 table host, NET-12 families kitchen, NET-12 families bedroom, CFG-06 drift host",
    ),
    Mutant(
        "one-more-network",
        "nft add element inet librespot zone_home_4 '{ 198.51.100.0/24 }'",
        "NET-04 table host, CFG-06 drift host",
    ),
    Mutant(
        "one-network-less",
        "nft delete element inet librespot zone_home_6 '{ 2001:db8::/64 }'",
        "NET-04 table host, CFG-06 drift host",
    ),
    Mutant(
        "door-left-open",
        "nft insert rule inet librespot door_kitchen accept",
        "NET-04 table host, CFG-06 drift host",
    ),
    Mutant(
        "no-share",
        "nft flush chain inet librespot from_kitchen_IN_home; nft add rule inet librespot from_kitchen_IN_home accept",
        "NET-09 table host, CFG-06 drift host",
    ),
    Mutant(
        "outgoing-open",
        "nft insert rule inet librespot out_kitchen accept",
        "NET-11 table host, NET-11 send kitchen, CFG-06 drift host",
    ),
    Mutant(
        "granted-for-ever",
        "nft add element inet librespot grant_guests_4 '{ 192.0.2.200 timeout 40h }'",
        "NET-07 grants host, CFG-06 drift host",
    ),
    Mutant("ports-not-pinned", "edited /^SocketBindDeny=/d", f"NET-05 other ports kitchen, {DRIFT}"),
)

_LIMITS = (
    Mutant(
        "scratch",
        """drop_in "$(printf 'TemporaryFileSystem=\nTemporaryFileSystem=/scratch:rw,nosuid,nodev,noexec,size=1G')" """,
        f"RES-09 disk kitchen, {DRIFT}",
    ),
    Mutant("writable-disk", "drop_in ReadOnlyPaths=", f"RES-09 disk kitchen, {DRIFT}"),
    Mutant("files", "drop_in LimitNOFILE=65536", f"RES-09 files kitchen, {DRIFT}"),
    Mutant("memory", "limited MemoryMax=infinity", DRIFT, enforced="RES-03 memory kitchen"),
    Mutant("memory-high", "limited MemoryHigh=infinity", DRIFT, enforced="RES-03 memory high kitchen"),
    Mutant("swap", "limited MemorySwapMax=infinity", DRIFT, enforced="RES-03 swap kitchen"),
    Mutant("processor", "limited CPUQuota=200%", DRIFT, enforced="RES-03 cpu kitchen"),
    Mutant("io-weight", "limited IOWeight=1000", DRIFT, enforced="RES-03 io weight kitchen"),
    Mutant("tasks", "limited TasksMax=infinity", DRIFT, enforced="RES-09 tasks kitchen"),
)

_RELEASE = (
    # The other instance runs a file that is no longer there.
    Mutant(
        "another-binary",
        "cp $release/bin/librespot $release/new; printf x >> $release/new\n"
        "mv $release/new $release/bin/librespot; restarted",
        "CFG-06 drift host, CFG-06 drift bedroom, CFG-06 drift studio, UPD-08 running binary kitchen",
    ),
    Mutant(
        "needless-backend",
        "printf '#!/bin/sh\\necho \"- alsa (default)\\n- pipe\\n- subprocess\\n- rodio\"\\n' > $release/new\n"
        "chmod 0555 $release/new; mv $release/new $release/bin/librespot",
        f"CFG-02 features host, CFG-06 drift host, {EVERY_DRIFT}",
    ),
    Mutant(
        "manifest",
        """sed -i -E 's/("crate_sha256": ")[0-9a-f]/\\1x/' $release/manifest.json""",
        "CFG-06 drift host, UPD-08 source host",
    ),
    Mutant(
        "capable-binary",
        # cap_net_raw+ep, as setcap writes it.
        """python3 -c 'import os, sys; os.setxattr(sys.argv[1], "security.capability", bytes.fromhex("""
        """"0100000200200000000000000000000000000000"))' $release/bin/librespot""",
        "CFG-06 drift host",
    ),
    Mutant(
        "binary-writable",
        "chmod 0777 $release/bin/librespot",
        "CFG-06 drift host",
    ),
)

_SEGMENT = (
    Mutant(
        "out-of-its-segment",
        "sed -i '/^PrivateNetwork=/d; /^NetworkNamespacePath=/d' /etc/systemd/system/librespot-studio.service\n"
        "systemctl daemon-reload; systemctl restart librespot-studio.service; sleep 2",
        "NET-08 inside studio, CFG-02 rights studio, CFG-02 exposure studio, CFG-06 drift studio",
    ),
    Mutant(
        "another-way-into-the-segment",
        "ip -n librespot-studio link add stray type veth peer name back netns 1",
        "NET-08 segment studio, CFG-06 drift studio",
    ),
    Mutant(
        "another-address-in-the-segment",
        "ip -n librespot-studio address add 192.168.20.99/24 dev librespot0",
        "NET-08 segment studio, CFG-06 drift studio",
    ),
    Mutant(
        "no-table-in-the-segment",
        "ip netns exec librespot-studio nft delete table inet librespot",
        "NET-03 table studio, NET-04 table studio, NET-09 table studio, NET-11 table studio, NET-12 families studio, "
        "NET-11 send studio, CFG-06 drift studio",
    ),
    Mutant(
        "no-segment",
        "systemctl stop librespot-studio-segment.service",
        "CFG-01 options studio, CFG-02 rights studio, CFG-02 file system studio, CFG-02 profile studio, "
        "CFG-03 relaxations studio, "
        "NET-01 sockets studio, NET-02 bind studio, NET-02 announced studio, NET-03 table studio, NET-04 table studio, "
        "NET-05 sockets studio, NET-05 other ports studio, NET-08 segment studio, NET-08 inside studio, "
        "NET-09 table studio, NET-11 table studio, NET-11 send studio, NET-12 families studio, RES-03 limits studio, "
        "RES-09 limits studio, UPD-05 crates studio, UPD-08 running binary studio, CFG-06 drift studio",
    ),
    Mutant(
        "way-through-the-segment",
        "ip netns exec librespot-studio nft add rule inet librespot on_forward accept",
        "NET-03 table studio, CFG-06 drift studio",
    ),
)

MUTANTS = (*_FILES, *_OPTIONS, *_SECRETS, *_RIGHTS, *_UNITS, *_NETWORK, *_SEGMENT, *_LIMITS, *_RELEASE)
