# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the files that a build host has put together to the image with its SBOM, and how to make it by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils.render.dockerfile import context
from ..module_utils.render.image import configuration, described, image_archive, layer, sbom_file, tag
from . import sbom
from .image_sbom import image_sbom

LACKING = sbom.LACKING
"""Why nothing here can be used, where a library is not installed."""


@dataclass(frozen=True)
class Composed:
    """An image, its manifest, and the files of the directory in which a person can build it."""

    archive: bytes
    manifest: dict[str, Any]
    context: dict[str, bytes]


def compose(
    identifier: str,
    artifact: Mapping[str, Any],
    program: bytes,
    program_bill: bytes,
    made_of: Mapping[str, Any],
    content: bytes,
) -> Composed:
    """Return the image *identifier* of an *artifact*, by its manifest, with its *program* and the SBOM of that.

    *content* is the layer with all other files, *made_of* what the build host says of them.
    """
    bill = image_sbom(artifact, program_bill, made_of, content)
    layers = [content, layer([sbom_file(bill)], artifact)]
    config = configuration(artifact, layers, bill)
    archive = image_archive(config, layers, tag(artifact))
    manifest = described(identifier, artifact, made_of, bill, sbom.packages(bill), config, archive)
    return Composed(archive, manifest, context(manifest, config, program, bill))
