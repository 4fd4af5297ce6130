# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue of controls, as data. Findings, reports and the documentation are made from it."""

from __future__ import annotations

from dataclasses import dataclass

from .facts import CONFINING

HIGH = "High"
MEDIUM = "Medium"
LOW = "Low"


@dataclass(frozen=True)
class Control:
    """One promise to the user. *threat* is what it withstands, *rationale* why this way, *remedy* how to mend it."""

    id: str
    title: str
    severity: str
    threat: str
    rationale: str
    remedy: str


_CONVERGE = "Run hardened.librespot.site against this host"
_CHECK = "Run hardened.librespot.schedule against this host, then: systemctl start hardened-librespot-check.service"
_CONVERGE_CONTAINERS = f"{_CONVERGE}, with librespot_deployment: container"
_PROFILE = "Run hardened.librespot.profile against this host"
_UPDATE = "Run hardened.librespot.update against this host"

_CONTROLS = (
    Control(
        "CFG-01",
        "Every option is known, typed and range-checked",
        MEDIUM,
        "A misspelt or removed option is ignored in silence, and the instance runs with another setting than believed",
        "librespot ignores unknown names in its environment, so they are refused before they get there",
        _CONVERGE,
    ),
    Control(
        "CFG-02",
        "Least privilege: what is not needed is off, and not compiled in",
        HIGH,
        "Whoever takes over the instance takes what it is allowed to do",
        "Measured on the process itself: its rights, its file system and its binary, not what the unit asked for",
        _CONVERGE,
    ),
    Control(
        "CFG-03",
        "No permissive values without a name and a reason",
        MEDIUM,
        "A relaxation that was made for a test outlives it",
        "Each relaxation has a name, a price and the user's reason, and is repeated in every report",
        "Remove the relaxation or the option from the inventory when it is not needed any more",
    ),
    Control(
        "CFG-04",
        "Configuration is written by root alone and read by nobody else",
        MEDIUM,
        "A local user reads or plants settings",
        "systemd reads the files as root before it drops rights, so that not even the instance's user needs them",
        _CONVERGE,
    ),
    Control(
        "CFG-05",
        "Secrets stand in no command line, environment or readable file",
        HIGH,
        "A stored login gives the account to whoever reads it",
        "systemd's credentials hand the login to the one process that needs it, in memory that no other user can read",
        _CONVERGE,
    ),
    Control(
        "CFG-06",
        "What is on the host is what was described",
        MEDIUM,
        "A change by hand weakens a control, and nobody knows",
        "The audit plans with the code that applies, so that it cannot drift from it",
        _CONVERGE,
    ),
    Control(
        "CFG-07",
        "Each setting in force has its reason",
        MEDIUM,
        "A setting that nobody can explain is removed by whom it stands in the way of, or outlives what it was for",
        "What is in force is read from the host and looked up in the catalogue, so that what was added by hand shows",
        f"{_CONVERGE}: it removes what the inventory does not ask for",
    ),
    Control(
        "CFG-08",
        "One inventory configures all environments alike, or says why not",
        MEDIUM,
        "What differs in production was tried in no other environment",
        "Options, access and relaxations of each instance are compared; a difference needs a reason in the inventory",
        "Make the environments alike, or give the path and a reason in librespot_audit_differences",
    ),
    Control(
        "CFG-09",
        "The live configuration is formally reviewed",
        MEDIUM,
        "Findings that nobody reads, of hosts that nobody counts, add up",
        "The last review is read itself: whether all hosts are in it and were audited, and how old it is",
        "Run hardened.librespot.review, with all hosts reached",
    ),
    Control(
        "CON-01",
        "The image holds librespot, what it loads, and nothing else",
        HIGH,
        "A shell, an interpreter or a package manager in the image is what an attacker works with",
        "Every file that the live process can see is hashed and compared with the manifest that names its origin",
        _CONVERGE_CONTAINERS,
    ),
    Control(
        "CON-02",
        "The image is the collection's own, and reproducible",
        MEDIUM,
        "Whoever can push to a registry, or to a cache, chooses what runs",
        "The engine's id of an image is the digest of its configuration, which names those of its files and its SBOM",
        _CONVERGE_CONTAINERS,
    ),
    Control(
        "CON-03",
        "The container is isolated: no root, no capability, no host files, namespaces of its own",
        HIGH,
        "Whoever takes over the instance takes the host with it",
        "Read from the live process under /proc, not from what the engine was asked",
        _CONVERGE_CONTAINERS,
    ),
    Control(
        "CON-04",
        "Memory, processor, tasks and files of the container are limited",
        MEDIUM,
        "A request body of any size is kept in memory, and anyone who can connect can send one",
        "Read from the live cgroup and process",
        _CONVERGE_CONTAINERS,
    ),
    Control(
        "CON-05",
        "The container is alone on a network of its own",
        MEDIUM,
        "Another container on the same network reaches the instance past the firewall",
        "Asked of the engine: who is on the network, and whether it lets containers reach each other; in a segment, of "
        "the kernel",
        _CONVERGE_CONTAINERS,
    ),
    Control(
        "CON-06",
        "The container can make the system calls that librespot makes, and no other",
        HIGH,
        "A fault of the kernel behind a call that librespot never makes turns a hijacked instance into root",
        "A list recorded from librespot; seen on the live process, and by calls that the image's own program tries",
        _CONVERGE_CONTAINERS,
    ),
    Control(
        "CON-07",
        "An AppArmor profile of its own confines the container",
        MEDIUM,
        "The engine's own profile lets a hijacked instance read and execute all that the container can see",
        "Read from the kernel: the profile of the live process, and its mode; all that it does not name is refused",
        f"{_CONVERGE_CONTAINERS}; where it is not enforced: {CONFINING}",
    ),
    Control(
        "CON-08",
        "The image was scanned as a whole, and nothing is open",
        HIGH,
        "A library of the distribution, or a crate, in the image has a known hole",
        "The controller scans what it built and leaves an attestation, which every audit reads anew against today",
        _UPDATE,
    ),
    Control(
        "CON-09",
        "The base libraries of the image are current",
        HIGH,
        "A library of the distribution got a fix, and the image goes on with the old one",
        "The controller compares its packages with the distribution's, and leaves an attestation that grows old",
        _UPDATE,
    ),
    Control(
        "CON-10",
        "A container that is wedged, or that nobody reaches, is noticed, and stops at once when it shall",
        MEDIUM,
        "An instance that is up and silent is taken for one that works; one that does not stop is killed",
        "The health check is a program of the image; this host asks from outside, where it is published; the "
        "signal is the one that librespot says goodbye on",
        _CONVERGE_CONTAINERS,
    ),
    Control(
        "NET-01",
        "The ports of every instance are known and pinned",
        HIGH,
        "A port that nobody knows of is a port that nobody filters",
        "librespot takes a random port unless told; sockets are counted on the process, not in its options",
        _CONVERGE,
    ),
    Control(
        "NET-02",
        "The service answers only where it is bound",
        HIGH,
        "librespot listens on every address of the host, whatever its options say, and without any login",
        "The kernel ties the sockets at bind(); seen on the live socket, since a missing program would be passed over",
        _CONVERGE,
    ),
    Control(
        "NET-03",
        "The firewall's table is in force, from before the network is up",
        HIGH,
        "Between power-on and a firewall that comes late, anyone can connect",
        "A table of its own that only drops, loaded before the network and kept beside every other firewall",
        _CONVERGE,
    ),
    Control(
        "NET-04",
        "Only trusted sources reach the ports",
        HIGH,
        "Whoever can connect can stop the music, learn the user's name and fill the memory",
        "Zones are named by the user; what the kernel holds is compared with them, and every packet is checked anew",
        _CONVERGE,
    ),
    Control(
        "NET-05",
        "Exposed ports are minimized",
        MEDIUM,
        "Every open port is something to attack",
        "Without discovery nothing listens, no login listener is ever opened, other ports are refused where that works",
        _CONVERGE,
    ),
    Control(
        "NET-06",
        "Rules and network settings are reviewed on a schedule",
        MEDIUM,
        "A rule that someone deleted in an emergency is missed by nobody, until somebody uses the gap",
        "The host audits itself by a timer, with the code that applies: it needs no controller, and tells at once",
        _CONVERGE,
    ),
    Control(
        "NET-07",
        "A grant ends by itself",
        MEDIUM,
        "A guest who was let in for an evening can come in for ever",
        "The kernel forgets the address when its time is over; no later run is needed for it",
        "End it with hardened.librespot.grant and state: absent",
    ),
    Control(
        "NET-08",
        "An instance can have a network segment of its own",
        MEDIUM,
        "A hijacked instance shares the network of the host and of everyone on it",
        "A network namespace with one interface, a VLAN or a macvlan: the instance cannot reach what is not in it",
        _CONVERGE,
    ),
    Control(
        "NET-09",
        "One source cannot take all connections",
        MEDIUM,
        "librespot has no limit of its own: idle connections of one source use up its files, and it stops to accept",
        "Connections and new connections of each source are counted by the kernel, before the program sees them",
        _CONVERGE,
    ),
    Control(
        "NET-10",
        "The published port of a container obeys the same rules",
        HIGH,
        "A container engine translates addresses before rules for input, and opens a published port to everyone",
        "The table judges before any translation; what is routed straight to the container never passed it",
        _CONVERGE,
    ),
    Control(
        "NET-11",
        "The instance reaches what Spotify needs, and nothing near",
        HIGH,
        "A hijacked instance scans the local network, asks a cloud's metadata service, or serves on another port",
        "Access points are arbitrary addresses of the Internet, so all that is near is refused: by the instance's user",
        _CONVERGE,
    ),
    Control(
        "NET-12",
        "IPv6 has the same protection as IPv4",
        HIGH,
        "librespot listens on both, and a firewall that was made for one forgets the other",
        "One table of the family inet and one door for both; what the kernel holds is followed to its drop",
        _CONVERGE,
    ),
    Control(
        "RES-01",
        "Usage is profiled under no load, requests, and a decode-like load",
        MEDIUM,
        "A limit that was guessed ends the music, or leaves the host to whoever takes all it can get",
        "What the kernel counts of the instance itself, under a stated load, with this release, and not long ago",
        _PROFILE,
    ),
    Control(
        "RES-02",
        "Limits hold what the profile recommends",
        MEDIUM,
        "An instance that needs more than its limit is killed, held up, or gets no thread when it plays",
        "The limit in force is read from the live control group, and compared with the most that was measured",
        f"{_PROFILE} with librespot_profile_write, then hardened.librespot.site",
    ),
    Control(
        "RES-03",
        "Memory, CPU and I/O are limited",
        MEDIUM,
        "A request body of any size is kept in memory, and anyone who can connect can send one",
        "Read from the live cgroup; where the host does not enforce a limit, that is said",
        "Run hardened.librespot.site; where it is not enforced, boot the host with cgroup v2 and the memory controller",
    ),
    Control(
        "RES-04",
        "The engine's limits are those of the specification",
        MEDIUM,
        "A limit that someone raised by hand stays raised",
        "The engine's own description of the container is compared: memory with swap, processor, tasks, files, devices",
        _CONVERGE_CONTAINERS,
    ),
    Control(
        "RES-05",
        "Use is monitored against limits, as Prometheus metrics",
        MEDIUM,
        "An instance that is flooded, or killed at its limit again and again, is noticed when the music is missed",
        "The file that Prometheus reads is held against the instance itself; so are the rights of what keeps it",
        "Set librespot_monitored: true, and run hardened.librespot.site against this host",
    ),
    Control(
        "RES-06",
        "Someone is told when a limit is reached or nearly so, and when an instance fails",
        MEDIUM,
        "An instance is killed at its limit again and again, or is flooded, and nobody knows until they want to listen",
        "Units that are always started again never fail, so systemd alone tells nobody; and what was set up to tell may"
        " tell nobody for a month, so what counts is what was taken last",
        "Set librespot_monitoring_notify, and run hardened.librespot.site against this host",
    ),
    Control(
        "RES-07",
        "Limits are the same in all environments, or the inventory says why not",
        MEDIUM,
        "A limit that no other environment has is met for the first time in production",
        "The limits of each instance are compared; a difference needs a reason in the inventory, and is listed with it",
        "Make the limits alike, or give the path and a reason in librespot_audit_differences",
    ),
    Control(
        "RES-08",
        "Limits are reviewed against what monitoring measured",
        LOW,
        "A limit that fitted once does not fit after years of updates and of other uses",
        "Weeks of use, as Prometheus recorded them, say whether a limit is too tight or too wide",
        f"{_PROFILE} with librespot_profile_prometheus and librespot_profile_write, then hardened.librespot.site",
    ),
    Control(
        "RES-09",
        "Processes, open files and disk space are limited",
        MEDIUM,
        "A fork bomb or a loop that writes takes the whole host down",
        "The instance has no disk to write to, but bounded memory of its own",
        "Run hardened.librespot.site; where it is not enforced, boot the host with cgroup v2",
    ),
    Control(
        "UPD-01",
        "New releases and advisories are looked up",
        HIGH,
        "An advisory comes out, and what it is about goes on running because nobody looked",
        "Each look leaves a record of what it could look at; one that is old, or left something out, does not count",
        _CHECK,
    ),
    Control(
        "UPD-02",
        "The look-up runs on a schedule and tells someone",
        MEDIUM,
        "A check that has stopped, or that nobody hears, is taken for one that found nothing",
        "Asked of systemd, which knows the next run and the last result, and of what was delivered, not of what is set",
        _CHECK,
    ),
    Control(
        "UPD-03",
        "A release goes through staging before it comes to a host",
        MEDIUM,
        "A bad release reaches every host at once",
        "Read from what the rollout attested: a staging host was content with this very program",
        _UPDATE,
    ),
    Control(
        "UPD-04",
        "After an update, the host proves itself, or goes back",
        HIGH,
        "A release that starts and then fails stays where nobody looks",
        "Read from what the rollout attested of this very program on this host: health, audit, and a while of both",
        _UPDATE,
    ),
    Control(
        "UPD-05",
        "An SBOM says what was compiled, for every build",
        MEDIUM,
        "Nobody can tell whether what runs has what was found to be vulnerable",
        "The crates that are recorded in the running program are held against the SBOM that is beside it",
        _CONVERGE,
    ),
    Control(
        "UPD-06",
        "What runs was scanned for known vulnerabilities, and nothing is open",
        HIGH,
        "librespot, or a crate in it, has a known hole",
        "The controller scans and leaves an attestation; the audit reads it anew, so that what has expired is red",
        _UPDATE,
    ),
    Control(
        "UPD-07",
        "A CI was content with what runs, and left results that programs read",
        LOW,
        "A change reaches hosts that no pipeline has looked at",
        "Read from what hardened.librespot.ci attested of this very program: its verdict, and digests of its results",
        "Run hardened.librespot.ci with librespot_ci_attest: true on what this host runs; first mend or waive what it "
        "finds",
    ),
    Control(
        "UPD-08",
        "What runs comes from the official source, unaltered",
        HIGH,
        "A tampered crate or binary",
        "The running file itself is hashed and compared with what was built from the pinned crate",
        "Run hardened.librespot.site: a damaged release is installed again; use method crate for the official source",
    ),
    Control(
        "UPD-09",
        "What a refreshed lock file mends is mended",
        MEDIUM,
        "A hole in a crate stays open although its fix is compatible",
        "The scan tells of each advisory whether cargo may take a fixed version by itself",
        "Build with lock: refreshed, and roll it out: run hardened.librespot.update",
    ),
)

CONTROLS: dict[str, Control] = {item.id: item for item in _CONTROLS}

OF_CONTAINERS = frozenset(
    {
        "CON-01",
        "CON-02",
        "CON-03",
        "CON-04",
        "CON-05",
        "CON-06",
        "CON-07",
        "CON-08",
        "CON-09",
        "CON-10",
        "NET-10",
        "RES-04",
    }
)
"""The controls that are of instances in containers alone."""

OF_CHECKERS = frozenset({"UPD-01", "UPD-02"})
"""The controls that are of the host alone that checks for all of them."""

OF_FLEETS = frozenset({"CFG-08", "CFG-09", "RES-07", "RES-08"})
"""The controls that are judged on the controller, over what all hosts, or a Prometheus, told."""

ASKED_FOR = frozenset({"NET-06", "RES-01", "RES-02", "RES-05", "RES-06"})
"""The controls that are of hosts whose inventory asks for them alone; of others they are not enforced."""
