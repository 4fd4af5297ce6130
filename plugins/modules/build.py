#!/usr/bin/python
# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: build
short_description: Get librespot as an artifact on the controller
version_added: 0.1.0
description:
  - Makes an immutable artifact (binary, SBOM, manifest, checksums) out of a release of librespot, and keeps it in a
    cache on the controller. The same inputs are got once, however many hosts want them. With the same compiler, which
    the manifest names, they give the same bytes.
  - The SBOM, C(sbom.cdx.json), is CycloneDX 1.6 of what was compiled. Of a program that does not record its crates it
    says that they are not known.
  - Runs on the build host, which is the host of the task. Use C(delegate_to) to choose another than the target.
  - The artifact is verified again when it arrives on the controller. What does not have the digest that was pinned is
    refused.
author:
  - hardened.librespot contributors (@hardened-librespot)
requirements:
  - pyelftools, cyclonedx-python-lib and packageurl-python on the controller
  - For O(method=crate), cargo and rustc 1.85 or newer, a C compiler and pkg-config on the build host
attributes:
  check_mode:
    description: Can run in check mode and return changed status without changing anything.
    support: full
    details: >-
      Nothing is built, and no lock file is got. The identifier is returned all the same, since it follows from the
      inputs; but while a refreshed lock file has yet to be got, it ends in twelve zeros.
  diff_mode:
    description: Returns what has been changed, or would be in check mode, as a diff.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: partial
    details: With O(lock_max_age=0) each run gets a new lock file.
options:
  method:
    description:
      - V(crate) compiles the release from its crate, the one source that librespot's project itself publishes.
      - V(artifact) takes a binary of your own, from O(url), with the digest O(sha256). It is not an official source.
      - V(package) takes the program, and nothing else, out of a Debian package such as raspotify's. It is not an
        official source either. The package's scripts and units are never run or installed.
    type: str
    choices: [crate, artifact, package]
    default: crate
  version:
    description: The release, with three numbers.
    type: str
    default: 0.8.0
  architecture:
    description: The target's architecture, as C(uname -m) prints it there.
    type: str
    required: true
  baseline:
    description:
      - The oldest C library among the hosts that the artifact is for. A build host with a newer one is refused, and
        so is a binary that needs a newer one.
    type: str
    default: glibc2.36
  features:
    description:
      - The cargo features to compile in, and no others. Empty chooses ALSA, libmdns, and rustls with its own
        certificates.
    type: list
    elements: str
    default: []
  crate_sha256:
    description: The SHA-256 of the C(.crate) file. Needed for versions whose digest the collection does not know.
    type: str
    default: ''
  lock:
    description:
      - Which versions of the dependencies are compiled.
      - V(upstream) takes the release's own lock file as it is. It is the default since it is pinned with the release
        itself. What was fixed in a dependency after the release is not fixed in it.
      - V(refreshed) takes the newest versions that the release allows and that the build host's Rust can compile.
        They are looked up once for each release, on the build host, with C(cargo update), and then pinned in
        C(lockfiles) of the controller's cache, so that all later builds take the same. One that does not compile is
        not pinned. Librespot's own crates stay as they are.
      - Anything else is the path of a lock file on the controller, made for the same release. A path that is one of
        these words begins with C(./).
      - A lock file is refused that is for another release, does not fit the crate, or takes a crate from elsewhere than
        upstream's does, without a checksum, or with another one.
    type: str
    default: upstream
  lock_max_age:
    description:
      - For O(lock=refreshed), the days after which a pinned lock file is replaced by a new one. V(0) gets a new one
        now. By default it stays.
      - What was pinned before stays in C(lockfiles) under its digest, and can be named as O(lock).
    type: int
  lock_rust:
    description: For O(lock=refreshed), the oldest Rust among the build hosts, such as V(1.85). By default that of the
      build host that gets the lock file. An older one leaves out what needs a newer one, fixes among it.
    type: str
    default: ''
  lock_file:
    description: The lock file on the build host. Set by the action plugin.
    type: str
    default: ''
  source_date_epoch:
    description: The time that is compiled in, in seconds since 1970. By default that of the day when the release was
      published.
    type: int
  url:
    description:
      - For O(method=artifact), the address of the binary, or its path on the controller; plain, or as C(bin/librespot)
        in a tar archive.
      - For O(method=package), the address of the package, when it does not come from O(repository).
    type: str
    default: ''
  sha256:
    description:
      - The SHA-256 of what is at O(url), without which nothing is taken from it.
      - With O(repository) it pins the package as well, beside the signature.
    type: str
    default: ''
  repository:
    description: For O(method=package), the address of an apt repository, above its C(dists).
    type: str
    default: ''
  suite:
    description: The repository's suite, as in its line of C(sources.list).
    type: str
    default: ''
  component:
    description: The repository's component.
    type: str
    default: main
  package:
    description: The package's name.
    type: str
    default: raspotify
  package_version:
    description: The package's version, whole, as C(apt-cache madison) shows it.
    type: str
    default: ''
  key:
    description:
      - The public key that signs the repository, as the text of its C(.asc) file. It is the pin; no other key is
        accepted, and none is looked up.
    type: str
    default: ''
  install_missing:
    description: Whether to install a missing compiler or library on the build host with C(apt-get), which takes root
      there.
    type: bool
    default: false
  work_dir:
    description: A private directory on the build host. Fetched crates stay in it, all else is removed.
    type: path
    default: ~/.cache/hardened-librespot/build
  cache_dir:
    description:
      - The controller's cache. By default E(HARDENED_LIBRESPOT_CACHE), or C(hardened-librespot) in E(XDG_CACHE_HOME) or
        C(~/.cache).
    type: path
  timeout:
    description: Seconds that a build may take, and that a host waits for another one that builds the same.
    type: int
    default: 10800
"""

EXAMPLES = r"""
- name: Build librespot once for all hosts of this architecture
  hardened.librespot.build:
    version: 0.8.0
    architecture: x86_64
  delegate_to: builder.example.org
  register: built

- name: Build it with the newest dependencies, looked up again when they are a month old
  hardened.librespot.build:
    version: 0.8.0
    architecture: x86_64
    lock: refreshed
    lock_max_age: 30
  delegate_to: builder.example.org

- name: Build it with the dependencies that were tested
  hardened.librespot.build:
    version: 0.8.0
    architecture: x86_64
    lock: "{{ playbook_dir }}/librespot-0.8.0.lock"
  delegate_to: builder.example.org

- name: Take a binary of your own
  hardened.librespot.build:
    method: artifact
    version: 0.8.0
    architecture: aarch64
    url: /srv/builds/librespot-aarch64.tar.gz
    sha256: 5f1d7a84db00d2fce00b31fc7fc1c3b1e9c1a4c5ad1f4fa32cf0a6f2d0a7d3c2

- name: Take the program out of a package that its repository has signed
  hardened.librespot.build:
    method: package
    version: 0.8.0
    architecture: aarch64
    repository: https://apt.example.org/raspotify
    suite: raspotify
    package_version: 0.48.1~librespot.v0.8.0
    key: "{{ lookup('ansible.builtin.file', 'raspotify.asc') }}"
  delegate_to: builder.example.org
"""

RETURN = r"""
id:
  description: The artifact's identifier.
  returned: always
  type: str
  sample: 0.8.0-x86_64-glibc2.36-1a2b3c4d5e6f
path:
  description: The artifact's directory on the controller. In check mode it may not exist yet.
  returned: always
  type: str
lock:
  description:
    - The lock file. C(origin) is V(upstream), V(refreshed) or V(file), C(sha256) its digest.
    - C(changes) says what differs from upstream's, as a list with the C(name) of each crate and its versions C(from)
      and C(to), when the artifact exists.
    - Of one that is pinned or given there is its C(path) on the controller; of one that is pinned also when it was
      C(resolved), by which C(cargo), and the oldest C(rust) that it is for.
  returned: always
  type: dict
  sample: {origin: refreshed, changes: [{name: time, from: ["0.3.44"], to: ["0.3.55"]}]}
manifest:
  description: What the artifact is and what it was made from.
  returned: when the artifact exists
  type: dict
sha256:
  description: The SHA-256 of the binary.
  returned: when the artifact exists
  type: str
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.urls import open_url

from ansible_collections.hardened.librespot.plugins.module_utils.host.build import Builder
from ansible_collections.hardened.librespot.plugins.module_utils.host.command import Commands
from ansible_collections.hardened.librespot.plugins.module_utils.host.download import Downloader
from ansible_collections.hardened.librespot.plugins.module_utils.host.files import Files
from ansible_collections.hardened.librespot.plugins.module_utils.model.build_options import BUILD_OPTIONS
from ansible_collections.hardened.librespot.plugins.module_utils.module import Module, run


def work(module: Module) -> dict[str, Any]:
    """Build on this host, and leave the result for the action plugin to fetch."""
    if module.check_mode:
        return {"changed": True}
    builder = Builder(Commands(), Files(), module.params, os.environ, Downloader(open_url))
    return {"changed": True, **builder.run()}


def main() -> None:
    """Run the module. It holds no lock of the host: it changes nothing that is deployed there."""
    run(AnsibleModule(argument_spec=BUILD_OPTIONS, supports_check_mode=True), work, locked=False)


if __name__ == "__main__":
    main()
