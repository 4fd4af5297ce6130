#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The module is the action plugin of the same name; this is its documentation.

from __future__ import annotations

DOCUMENTATION = r"""
module: scan
short_description: Look for known vulnerabilities in what librespot is made of
version_added: 0.1.0
description:
  - Scans a lock file, a program, an artifact, an image or an SBOM with real scanners, C(cargo-audit) and
    C(osv-scanner), and fails when an advisory is open.
  - An advisory is open unless it is waived with a reason and an end, or a VEX says why it does not apply. No release of
    librespot is free of advisories in its dependencies; what counts is that nothing is new, nothing could be mended,
    and all else is accounted for.
  - What cannot be scanned is never taken for clean. That is a program that does not say what it was made of, a scanner
    that did not look at every package or read only a part of its database, and a database that is too old.
  - Runs on the controller alone.
author:
  - hardened.librespot contributors (@hardened-librespot)
extends_documentation_fragment:
  - hardened.librespot.engines
requirements:
  - cargo-audit on the controller, or another of the scanners
  - cvss, cyclonedx-python-lib, junitparser, packageurl-python, pyelftools and semver on the controller
  - git on the controller, where the database is a git repository at an address
attributes:
  check_mode:
    description: Can run in check mode and return the changed status prediction without modifying the target.
    support: full
    details: It scans all the same, and writes no file.
  diff_mode:
    description: Returns what has changed or would change, without secrets.
    support: none
  idempotent:
    description: Run twice on the same day with the same database, it changes nothing the second time.
    support: full
options:
  path:
    description: What is scanned, on the controller.
    type: path
    required: true
  kind:
    description:
      - What it is. By default it is found out by looking at it.
      - V(lock) is a C(Cargo.lock). It lists what any choice of features would compile, so it has more than a program.
      - V(binary) is a program that cargo-auditable has written its crates into.
      - V(artifact) is the directory that M(hardened.librespot.build) returns.
      - V(image) is the directory that M(hardened.librespot.image_build) returns, or an image that an engine saved.
        librespot in it is scanned, and the packages of its distribution by an engine that has a database on them.
        Packages of it that nobody looked at are one more finding, C(NOT-COVERED-distribution), which can be waived.
        Files that the SBOM of the image does not name are another, C(NOT-COVERED-files).
      - V(sbom) is an SBOM in CycloneDX, as JSON, with the package URLs of the crates. It takes cargo on the controller.
    type: str
    choices: [auto, lock, binary, artifact, image, sbom]
    default: auto
  fail_on:
    description:
      - The severity from which on an open advisory makes the task fail. With V(any) all do.
      - Where an advisory has no severity, a vulnerability counts as V(high), unsound code as V(medium), and
        what is not maintained as V(low). The table shows such a severity in brackets.
    type: str
    choices: [any, low, medium, high, critical]
    default: any
  waivers:
    description:
      - Advisories that you live with. Each needs C(id), the advisory's or an alias of it, a C(reason), and C(until),
        the last day on which it holds, at most a year away. One that has expired is an error.
      - C(package) and C(version) narrow it down.
      - What a refreshed lock file or image would mend is not covered, unless C(fixable) is true.
    type: list
    elements: raw
    default: []
  vex:
    description:
      - VEX documents on the controller, in OpenVEX or in CycloneDX, both as JSON. A statement counts for the versions
        of librespot and of the package that it names by package URLs.
      - That something is not affected explains an advisory, if the document says why. Statements that contradict
        each other explain nothing.
    type: list
    elements: path
    default: []
  explain:
    description: Whether the collection's own statements count. They say why advisories in librespot's dependencies
      cannot be reached, for the versions whose sources were read, and only while no other package uses what is
      affected.
    type: bool
    default: true
  proxy:
    description: Whether an instance connects through a proxy, with librespot's option C(proxy). More of the
      dependencies is reached then, and less is explained.
    type: bool
    default: false
  outputs:
    description: Files on the controller to write the outcome to, whatever it is. Their directories must exist.
    type: list
    elements: dict
    default: []
    suboptions:
      format:
        description:
          - V(table) is for people, V(json) has everything. V(sarif) is for services that show findings beside code, and
            V(junit) for a CI.
          - V(openvex) and V(cyclonedx) are VEX documents with what is thought of each advisory, which this module and
            others read. What nobody has accounted for is under investigation in them.
        type: str
        choices: [table, json, sarif, junit, openvex, cyclonedx]
        required: true
      path:
        description: The file.
        type: path
        required: true
  show:
    description: Which advisories the table on the terminal has.
    type: str
    choices: [all, problems, nothing]
    default: all
  fail:
    description: Whether open advisories make the task fail.
    type: bool
    default: true
  today:
    description: The day as of which all is judged, as C(YYYY-MM-DD). By default today, in UTC.
    type: str
    default: ''
  cache_dir:
    description:
      - The controller's cache, where databases are kept. By default E(HARDENED_LIBRESPOT_CACHE), or
        C(hardened-librespot) in E(XDG_CACHE_HOME) or C(~/.cache).
    type: path
  timeout:
    description: Seconds that a scanner may take.
    type: int
    default: 600
"""

EXAMPLES = r"""
- name: Build librespot
  hardened.librespot.build:
    architecture: x86_64
  delegate_to: builder.example.org
  register: built

- name: Refuse it when something is known against it
  hardened.librespot.scan:
    path: "{{ built.path }}"
    waivers:
      - id: RUSTSEC-2023-0071
        reason: librespot holds no private key of RSA, and nothing has mended it yet
        until: 2027-03-31

- name: Scan a lock file without a network, and keep the outcome
  hardened.librespot.scan:
    path: Cargo.lock
    engines:
      - name: cargo-audit
        database: /srv/mirror/rustsec-advisory-db.tar.gz
    fail_on: high
    outputs:
      - {format: json, path: reports/librespot-scan.json}

- name: Scan an image with its libraries
  hardened.librespot.scan:
    path: "{{ made.path }}"
    engines:
      - name: osv-scanner
        database: /srv/mirror/osv/all.zip
        distribution_database: /srv/mirror/osv/Debian/all.zip
"""

RETURN = r"""
subject:
  description: What was scanned.
  returned: success or failure
  type: dict
  contains:
    kind:
      description: What it is.
      type: str
      sample: artifact
    path:
      description: Where it is.
      type: str
    sha256:
      description: The digest of the lock file or the program.
      type: str
    librespot:
      description: The version of librespot, empty when it has none.
      type: str
      sample: 0.8.0
    packages:
      description: How many packages were looked at.
      type: int
      sample: 291
    system:
      description: The packages of a distribution among them, with C(name) and C(version).
      type: list
      elements: dict
    image:
      description: The id that the image has in an engine, empty when it is none.
      type: str
engines:
  description: The scanners with their versions, and the day, number of advisories and digest of their C(database), and
    of the one on packages of a C(distribution), if there is one.
  returned: success or failure
  type: list
  elements: dict
vulnerabilities:
  description: The advisories that apply, the worst first.
  returned: success or failure
  type: list
  elements: dict
  contains:
    status:
      description: C(open), C(below the gate), C(waived) or C(not affected).
      type: str
    why:
      description: Why it has this status.
      type: str
    until:
      description: The last day on which that holds.
      type: str
    unless_proxy:
      description: Whether it holds only while no instance connects through a proxy.
      type: bool
    id:
      description: The advisory.
      type: str
      sample: RUSTSEC-2023-0071
    aliases:
      description: Its other names.
      type: list
      elements: str
    package:
      description: The package that it is about.
      type: str
      sample: rsa
    package_version:
      description: The version of the package that is used.
      type: str
      sample: 0.9.8
    category:
      description: C(vulnerability), C(unsound), C(unmaintained), C(notice) or C(not covered).
      type: str
    judged_severity:
      description: The severity that the gate went by. C(severity), C(cvss_score) and C(cvss_vector) are the advisory's.
      type: str
    fixed_in:
      description: The versions that mend it, as requirements of cargo.
      type: list
      elements: str
    fix:
      description: What mends it, a C(refresh) of the lock file or of the image, an C(upgrade) of librespot, or C(none).
      type: str
    path:
      description: How librespot comes by the package; of one of a distribution, the source that advisories are about.
      type: list
      elements: str
      sample: [librespot 0.8.0, librespot-core 0.8.0, rsa 0.9.8]
    engines:
      description: The scanners that found it.
      type: list
      elements: str
    purl:
      description: The package URL of what is in an image and is no crate, as a package of its distribution.
      type: str
      sample: pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc
summary:
  description: How many advisories have each status.
  returned: success or failure
  type: dict
  sample: {open: 0, below the gate: 0, waived: 2, not affected: 3}
red:
  description: How many advisories make the task fail.
  returned: success or failure
  type: int
  sample: 0
unused_waivers:
  description: Waivers for what was not found.
  returned: success or failure
  type: list
  elements: str
today:
  description: The day as of which all was judged.
  returned: success or failure
  type: str
fail_on:
  description: The gate.
  returned: success or failure
  type: str
"""
