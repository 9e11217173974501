"""Sizes and constants that training and the exported graph share."""

from __future__ import annotations

from dataclasses import dataclass

# Added inside the root of every RMSNorm.
NORM_EPSILON = 1e-5
ROTARY_BASE = 10_000.0


@dataclass(frozen=True)
class Shape:
    """Sizes of the model. `width` is the residual stream; a head has `width // heads` entries."""

    vocabulary: int
    layers: int
    heads: int
    width: int
    feed_forward: int

    @property
    def head_dimension(self) -> int:
        return self.width // self.heads


VOUCH_MINI = Shape(vocabulary=2048, layers=6, heads=4, width=256, feed_forward=1024)
