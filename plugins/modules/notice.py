#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The module is the action plugin of the same name; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: notice
short_description: Tell someone what is new against librespot, once
version_added: 0.1.0
description:
  - Tells what M(hardened.librespot.scan) and M(hardened.librespot.release_info) found, by mail and by webhooks. Each
    thing is told once by each of them; what was not taken is told again by the next run, and nothing else is.
  - That something could not be looked at is told as well, with O(sources).
  - Titles of advisories and entries of feeds are written by others. They are told as plain text of bounded length,
    without anything that a terminal, a mail program or Slack would act on.
  - A run that is killed after a message was taken, and before that is remembered, tells it again, under the same
    C(Message-ID) or C(webhook-id).
  - Runs on the controller alone.
author:
  - hardened.librespot contributors (@hardened-librespot)
attributes:
  check_mode:
    description: Can run in check mode and return the changed status prediction without modifying the target.
    support: full
    details: It returns what it would tell. Nothing is sent and nothing is written.
  diff_mode:
    description: Returns what has changed or would change, without secrets.
    support: none
  idempotent:
    description: Run twice, it tells nothing the second time. O(record) and O(metrics) say when it ran.
    support: full
options:
  sources:
    description:
      - What was looked at, each with its C(name) and, where it could not be looked at, C(error), which says why.
      - Without any, nothing was looked at, and that is told.
    type: list
    elements: dict
    required: true
  scans:
    description:
      - Results of M(hardened.librespot.scan), each as C(result). Of them is told what is open.
      - C(hosts) are the hosts that it is about. With C(release), the id of an artifact, they are those of O(running)
        that run it.
    type: list
    elements: dict
    default: []
  running:
    description: What M(hardened.librespot.release_info) returned on each host, by the host's name. A host that returned
      nothing could not be looked at.
    type: dict
    default: {}
  releases:
    description: What M(hardened.librespot.release_info) returned. Of it are told the releases that are newer than what
      runs, and those that run and were yanked.
    type: dict
    default: {}
  entries:
    description: New entries of feeds, as M(hardened.librespot.release_info) returns them in C(new_entries).
    type: list
    elements: dict
    default: []
  items:
    description:
      - Anything else to tell. Each has an C(id), a C(kind) (V(advisory), V(release), V(feed) or V(fault)) and a
        C(title), and may have C(text), C(url), C(hosts) and C(severity).
    type: list
    elements: dict
    default: []
  state:
    description: The file in which is remembered what was told. Its directory must exist.
    type: path
    required: true
  mail:
    description: Where mail is sent to, and by which server.
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
          - How the connection is encrypted. The server's certificate must be valid for O(mail.host).
          - V(none) is for a server on the controller itself. For any other it takes O(mail.unencrypted), and a login
            is refused.
        type: str
        choices: [starttls, ssl, none]
        default: starttls
      ca_file:
        description: The certificate of an authority of your own, as PEM. By default those that the controller trusts.
        type: path
      username:
        description: The user to log in as. By default nobody does.
        type: str
      password_file:
        description: A file of the controller with nothing but the password. Not every user may be able to read it.
        type: path
      unencrypted:
        description: The reason for which everyone on the way may read and change the mail. It is repeated as a warning.
        type: str
  webhooks:
    description: Addresses that it is sent to as a POST.
    type: list
    elements: dict
    default: []
    suboptions:
      url:
        description: The address, with C(https). C(http) is for the controller itself; for anything else it takes
          O(webhooks[].unencrypted).
        type: str
      url_file:
        description: A file of the controller with nothing but the address, where the address itself is a secret, as
          with Slack.
        type: path
      format:
        description:
          - V(json) has all of each item, as C(items). V(slack) is one line for each, for Slack and what takes the same.
        type: str
        choices: [json, slack]
        default: json
      secret_file:
        description:
          - A file of the controller with the secret by which the message is signed as Standard Webhooks has it, with
            HMAC-SHA256 in the header C(webhook-signature).
          - A secret that begins with C(whsec_) is decoded as base64.
        type: path
      headers_file:
        description: A file of the controller with more headers, a line each, such as C(Authorization).
        type: path
      ca_file:
        description: The certificate of an authority of your own, as PEM.
        type: path
      unencrypted:
        description: The reason for which everyone on the way may read and change it. It is repeated as a warning.
        type: str
  metrics:
    description: A file for the textfile collector of Prometheus' node_exporter, with a name that ends in C(.prom).
    type: path
  record:
    description: A file that says when the last check was, what it looked at and what it told, for an audit.
    type: path
  failed_run:
    description:
      - The run of the scheduled check that failed, as systemd names it. When O(record) is of this run, and all was
        told, nothing is told once more.
      - The record and the figures stay as they are.
    type: str
    default: ''
  remind_after:
    description: Days after which something that goes on is told once more; 0 for never. Entries of feeds never are.
    type: int
    default: 0
  timeout:
    description: Seconds that a mail server or a webhook has for each of its answers.
    type: int
    default: 30
  retries:
    description: How many times more a message is tried, within the same run, when it may be taken later.
    type: int
    default: 2
  today:
    description: The day that is remembered, as C(YYYY-MM-DD). By default today, in UTC.
    type: str
    default: ''
  fail:
    description: Whether the task fails when something could not be told.
    type: bool
    default: true
"""

EXAMPLES = r"""
- name: Look for known vulnerabilities
  hardened.librespot.scan:
    path: /srv/librespot/Cargo.lock
    fail: false
  register: scanned

- name: Tell the ones who run it
  hardened.librespot.notice:
    sources: [{name: /srv/librespot/Cargo.lock}]
    scans: [{result: "{{ scanned }}", hosts: [kitchen]}]
    state: /var/lib/librespot-check/told.json
    mail:
      to: [ops@example.org]
      sender: librespot@example.org
      host: mail.example.org
      username: librespot
      password_file: /etc/librespot-check/password
    webhooks:
      - url_file: /etc/librespot-check/slack
        format: slack
    metrics: /var/lib/prometheus/node-exporter/librespot.prom
"""

RETURN = r"""
told:
  description: What was told, or in check mode would be, by the name of each channel.
  returned: success or failure
  type: dict
  sample:
    mail to ops@example.org:
      - kind: advisory
        id: RUSTSEC-2026-0009 time 0.3.41
        title: "RUSTSEC-2026-0009: time 0.3.41: Denial of Service via Stack Exhaustion"
        text: "vulnerability, mended in >=0.3.47, by: refresh; librespot 0.8.0 > time 0.3.41"
        url: https://github.com/time-rs/time/blob/main/CHANGELOG.md
        hosts: [kitchen]
        severity: medium
undelivered:
  description: The channels that did not take what they had to tell, or have more than one run tells, and why.
  returned: success or failure
  type: list
  elements: dict
  contains:
    channel:
      description: Its name.
      type: str
    why:
      description: What it answered or how much is left, and what to do.
      type: str
unwritten:
  description: Why a file could not be written; what was told is told again then.
  returned: success or failure
  type: list
  elements: str
items:
  description: All that there is, told now or before, the most urgent first.
  returned: success or failure
  type: list
  elements: dict
complete:
  description: Whether all sources could be looked at.
  returned: success or failure
  type: bool
verdict:
  description: C(clean), C(findings) when there are items, or C(incomplete) when not all could be looked at or told.
  returned: success or failure
  type: str
"""
