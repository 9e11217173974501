"""The decoder-only transformer of vouch-mini, as it is trained.

Pre-norm blocks with RMSNorm without gain, rotary positions, ReLU-squared feed-forward and a tied
embedding. Every choice serves one of two aims: few and fused operators at run time (export.py maps
a block to twelve ONNX nodes), and fast learning within an hour on one core.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shape import NORM_EPSILON, ROTARY_BASE, Shape


def rotary_tables(positions: int, head_dimension: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine, each [positions, head_dimension / 2], for half-split rotary embedding."""
    exponents = torch.arange(0, head_dimension, 2, dtype=torch.float64) / head_dimension
    angles = torch.outer(torch.arange(positions, dtype=torch.float64), ROTARY_BASE**-exponents)
    return angles.cos().float(), angles.sin().float()


def rotate(heads: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotates [B, H, T, D] by position; the halves of D are the two coordinates of each pair."""
    first, second = heads.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)


def normalise(hidden: Tensor) -> Tensor:
    return F.rms_norm(hidden, (hidden.shape[-1],), eps=NORM_EPSILON)


class Block(nn.Module):
    """Attention, then feed-forward, each added to the residual stream."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.query_key_value = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.attention_out = nn.Linear(shape.width, shape.width, bias=False)
        self.expand = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.contract = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, hidden: Tensor, cosine: Tensor, sine: Tensor, mask: Tensor) -> Tensor:
        batch, length, width = hidden.shape
        mixed = self.query_key_value(normalise(hidden))
        mixed = mixed.view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = (part.transpose(1, 2) for part in mixed.unbind(2))
        query, key = rotate(query, cosine, sine), rotate(key, cosine, sine)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        attended = attended.transpose(1, 2).reshape(batch, length, width)
        hidden = hidden + self.attention_out(attended)
        return hidden + self.contract(F.relu(self.expand(normalise(hidden))).square())


class Transformer(nn.Module):
    """Maps token ids [B, T] and a boolean mask [B, 1, T, T] to hidden states or logits."""

    def __init__(self, shape: Shape, positions: int) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        cosine, sine = rotary_tables(positions, shape.head_dimension)
        self.register_buffer("cosine", cosine, persistent=False)
        self.register_buffer("sine", sine, persistent=False)
        self.initialise()

    def initialise(self) -> None:
        """Outputs of both branches start at zero, so that the network starts as its embedding."""
        nn.init.normal_(self.embedding.weight, std=self.shape.width**-0.5)
        for block in self.blocks:
            for linear in (block.query_key_value, block.expand):
                nn.init.normal_(linear.weight, std=self.shape.width**-0.5)
            nn.init.zeros_(block.attention_out.weight)
            nn.init.zeros_(block.contract.weight)

    def hidden_states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Final normalised states [B, T, width]; multiply by the embedding for logits."""
        hidden = normalise(self.embedding(ids))
        length = ids.shape[1]
        cosine = self.cosine[:length].to(hidden.dtype)
        sine = self.sine[:length].to(hidden.dtype)
        for block in self.blocks:
            hidden = block(hidden, cosine, sine, mask)
        return normalise(hidden)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return F.linear(self.hidden_states(ids, mask), self.embedding.weight)

    def weights(self, positions: int) -> dict[str, np.ndarray]:
        """What export.py writes; linear layers transposed, [in, out], as MatMul wants them."""
        cosine, sine = rotary_tables(positions, self.shape.head_dimension)
        weights = {"cosine": cosine.numpy(), "sine": sine.numpy()}
        weights["embedding"] = self.embedding.weight.detach().float().numpy()
        for index, block in enumerate(self.blocks):
            for part in ("query_key_value", "attention_out", "expand", "contract"):
                linear = getattr(block, part).weight.detach().float().numpy()
                weights[f"block.{index}.{part}"] = linear.T
        return weights
