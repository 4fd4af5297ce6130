# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of the scanners and their databases."""

from __future__ import annotations


class ModuleDocFragment:
    """The arguments of module_utils.model.scan_options that describe engines."""

    DOCUMENTATION = r"""
options:
  engines:
    description: The scanners. What several of them find is put together.
    type: list
    elements: dict
    default: [{name: cargo-audit}]
    suboptions:
      name:
        description: Which one.
        type: str
        choices: [cargo-audit, osv-scanner]
        required: true
      program:
        description: Its path. By default it is looked for in E(PATH).
        type: path
        default: ''
      database:
        description:
          - The database of cargo-audit is a directory, an archive of it, or the address of a git repository, by default
            the official one of RustSec, which is fetched anew each time. That of osv-scanner is the archive C(all.zip)
            of the crates' advisories, as OSV publishes it; there is no default.
          - An address with a login in it is refused, since it would be shown.
        type: str
        default: ''
      distribution_database:
        description:
          - For V(osv-scanner), the archive C(all.zip) of the advisories of Debian or Ubuntu, as OSV publishes it. With
            it, the packages of the distribution in an image or an SBOM are looked at as well.
        type: path
        default: ''
  max_age:
    description: The age in days above which a database is refused. Its age is that of the newest advisory in it.
    type: int
    default: 30
"""
