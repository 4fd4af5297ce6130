# Copyright: hardened.librespot contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Raw audio as librespot writes it: 16 bits, little-endian, two channels."""

from __future__ import annotations

import itertools
import struct

FRAME = 4
"""Bytes of one sample of both channels."""


def frequencies(pcm: bytes, rate: int) -> tuple[float, float]:
    """Return the frequency of the tone in each channel, in Hz, by how often it rises through zero."""
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm)
    seconds = len(pcm) / FRAME / rate
    left, right = (samples[channel::2] for channel in (0, 1))
    rises = [sum(before < 0 <= after for before, after in itertools.pairwise(one)) for one in (left, right)]
    return rises[0] / seconds, rises[1] / seconds
