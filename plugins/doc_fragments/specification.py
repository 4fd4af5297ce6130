# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the arguments that describe instances, shared by the modules that take them."""

from __future__ import annotations


class ModuleDocFragment:
    """The arguments of module_utils.module.SPECIFICATION_ARGUMENTS."""

    DOCUMENTATION = r"""
options:
  version:
    description:
      - The version of librespot that runs, with three numbers. It decides which options exist.
    type: str
    default: 0.8.0
  instances:
    description:
      - The instances of librespot on this host, all of them.
      - Each has a C(name) (at most 20 of a-z, 0-9 and C(-), a letter first), and may have C(state) (V(present) or
        V(absent)), C(port) (TCP, 1024 to 65535, 37879 unless given), C(bind), C(segment), C(access), C(options) (of
        librespot, by their long names), C(limits) (C(memory), C(memory_high), C(swap), C(scratch), C(cpu), C(tasks),
        C(files), C(io_weight), C(io)) and C(relaxations) (by name, with the reason).
      - C(bind) is one of C(interface), C(address) and C(loopback=true), or C(discovery=false), which turns the
        discovery service off; the interface of the host's default route unless given.
      - C(segment) gives it a network of its own in the place of C(bind), on the host's interface C(parent). It is in
        the VLAN C(vlan), or without one on the same wire with a hardware address of its own (macvlan). It has
        C(addresses) with the length of their networks, one of C(gateways) for each family, and C(resolvers), which are
        the gateways unless given; or all of them by DHCP with C(dhcp=true).
      - C(access) lists the zones that may reach the instance; nobody else can.
      - They are validated as a whole before anything changes; an error names the path of the value.
    type: list
    elements: dict
    default: [{name: speaker}]
  zones:
    description:
      - Who may reach the instances, by the name of the zone that C(access) of an instance gives. Nobody else can.
      - Each has at least one of C(networks) (addresses, networks without host bits, ranges), C(macs), C(interfaces)
        that its sources arrive at, and C(grants=true) (addresses are let in for a time by M(hardened.librespot.grant),
        for C(max_ttl) at most). It may have C(hours) (as V(08:00-22:00), in the host's time) and C(days), C(rate) (new
        connections of one source, V(60/minute) unless given) and C(connections) (of one source, 16 unless given).
      - Without any zone, and without C(access), private and link-local addresses are let in.
    type: dict
    default: {}
  credentials:
    description:
      - Stored credentials by the name of the instance, each the text of a C(credentials.json).
      - Keep them in variables encrypted with Ansible Vault.
      - Without pipelining Ansible puts the arguments of a module into a file on the host, which stays there when the
        run is killed. The collection's roles turn it on for the tasks that get credentials; in tasks of your own, set
        C(ansible_pipelining) in their C(vars).
      - Only what is written here is kept out of the host's log. Ansible logs the other arguments of each module there,
        a password that was written to a wrong place with them, unless C(ansible_no_target_syslog) is set, as the roles
        do.
    type: dict
    default: {}
"""

    STATE = r"""
options:
  state:
    description:
      - With V(absent), all that the module ever made on this host is removed, for instances that are no longer listed
        too, and nothing else.
    type: str
    choices: [present, absent]
    default: present
"""

    ENGINE = r"""
options:
  engine:
    description:
      - What runs the containers of instances that are deployed in some. The specification and the image are the same.
      - With V(podman), which is that of Debian 13 or newer, each is a Quadlet, a service of systemd.
    type: str
    choices: [docker, podman]
    default: docker
"""

    ANNOUNCE = r"""
options:
  announce:
    description:
      - Whether the host's avahi shall announce the instances that M(hardened.librespot.container) runs and that cannot
        announce themselves, as M(hardened.librespot.announcement) has it do.
    type: bool
    default: true
"""

    TIMER = r"""
options:
  timer:
    description: How the host audits itself regularly, without Ansible.
    type: dict
    suboptions:
      calendar:
        description: When it does, as systemd.time(7) has it.
        type: str
        default: hourly
      random_delay:
        description: Seconds by which each run is late at most, at random.
        type: int
        default: 300
      live:
        description:
          - Whether it also runs probes that start processes, as C(live) of M(hardened.librespot.audit) does. It runs
            with all of root's rights then, since probes become other users and make networks.
        type: bool
        default: false
      interpreter:
        description:
          - The Python of the host that runs it. Where Docker's containers are looked at it needs Docker's SDK for
            Python.
        type: path
        default: /usr/bin/python3
"""

    NOTIFY = r"""
options:
  notify:
    description:
      - Whom the host itself tells by mail and webhooks what would be an alert of Prometheus, for where there is none.
        Without it, nobody.
      - The same alerts are judged, by the same samples and at the same thresholds. The audit that the host makes of
        itself is among them, and so is a monitor that has stopped.
      - A channel that is new is told at once that it is one, which shows that what it is told arrives.
    type: dict
    suboptions:
      mail:
        description: Where mail is sent to, and by which server. Its files are of the host.
        type: dict
        suboptions:
          to:
            description: The recipients. Each gets a mail of their own.
            type: list
            elements: str
            required: true
          sender:
            description: The address that it is from.
            type: str
            required: true
          host:
            description: The mail server.
            type: str
            default: localhost
          port:
            description: Its port. By default 587 with V(starttls), 465 with V(ssl) and 25 with V(none).
            type: int
          tls:
            description:
              - How the connection is encrypted. The server's certificate must be valid for O(notify.mail.host).
              - V(none) is for a server on the host itself. For any other it takes O(notify.mail.unencrypted), and a
                login is refused.
            type: str
            choices: [starttls, ssl, none]
            default: starttls
          ca_file:
            description: The certificate of an authority of your own, as PEM. By default those that the host trusts.
            type: path
          username:
            description: The user to log in as. By default nobody does.
            type: str
          password_file:
            description: A file with nothing but the password, which root alone can read, outside of home directories.
            type: path
          unencrypted:
            description: The reason for which everyone on the way may read and change the mail.
            type: str
      webhooks:
        description: Addresses that it is sent to as a POST. Their files are of the host.
        type: list
        elements: dict
        default: []
        suboptions:
          url:
            description: The address, with C(https). C(http) is for the host itself; for anything else it takes
              O(notify.webhooks[].unencrypted).
            type: str
          url_file:
            description: A file with nothing but the address, where the address itself is a secret, as with Slack. Root
              alone can read it.
            type: path
          format:
            description: V(json) has all of each item, as C(items). V(slack) is one line for each, for Slack and what
              takes the same.
            type: str
            choices: [json, slack]
            default: json
          secret_file:
            description:
              - A file, which root alone can read, with the secret by which the message is signed as Standard Webhooks
                has it, with HMAC-SHA256 in the header C(webhook-signature).
              - A secret that begins with C(whsec_) is decoded as base64.
            type: path
          headers_file:
            description: A file, which root alone can read, with more headers, a line each, such as C(Authorization).
            type: path
          ca_file:
            description: The certificate of an authority of your own, as PEM.
            type: path
          unencrypted:
            description: The reason for which everyone on the way may read and change it.
            type: str
      severity:
        description: The least severity that is told.
        type: str
        choices: [critical, warning, info]
        default: warning
      pause:
        description:
          - Minutes between two messages about the same thing, from 5 to 1440. What begins is told at once; more of the
            same, and that it is over, comes after the pause, counted.
        type: int
        default: 60
      remind_after:
        description: Days after which something that goes on is told once more; 0 for never.
        type: int
        default: 1
      timeout:
        description: Seconds that a mail server or a webhook has for each of its answers, up to 60.
        type: int
        default: 30
      retries:
        description:
          - How many times more a message is tried at once, up to 5. After that it is tried every 5 minutes, and ever
            more rarely up to an hour, until it is taken.
        type: int
        default: 2
"""

    ATTRIBUTES = r"""
attributes:
  check_mode:
    description: Can run in check mode and return the changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns what has changed or would change, without secrets.
    support: full
  idempotent:
    description: Run twice, it changes nothing the second time.
    support: full
"""
