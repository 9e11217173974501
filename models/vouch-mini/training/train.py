"""Trains the transformer on one CPU core: Muon for matrices, AdamW for the embedding, bfloat16."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from corpus import conversations
from model import Transformer
from samples import Rows, pack
from shape import Shape

MUON_RATE = 0.013
MUON_MOMENTUM = 0.95
EMBEDDING_RATE = 0.003
WEIGHT_DECAY = 0.02
WARM_UP_STEPS = 40
# Coefficients of the quintic Newton-Schulz iteration of Muon (Jordan et al., 2024).
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 5


@dataclass(frozen=True)
class Phase:
    """A run of steps with one row shape; all phases share one learning-rate schedule.

    `long_share` is the part of conversations with many turns, from 0 to 1.
    """

    steps: int
    rows: int
    length: int
    long_share: float


def orthogonalise(matrix: Tensor) -> Tensor:
    """Replaces the singular values of a matrix by values near one."""
    first, second, third = NEWTON_SCHULZ
    tall = matrix.shape[0] > matrix.shape[1]
    work = (matrix.T if tall else matrix).bfloat16()
    work = work / (work.norm() + 1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = work @ work.T
        work = first * work + (second * gram + third * gram @ gram) @ work
    return (work.T if tall else work).float()


class Muon:
    """Momentum whose update is orthogonalised; query, key and value are three matrices each."""

    def __init__(self, matrices: list[nn.Parameter], width: int) -> None:
        self.matrices = matrices
        self.width = width
        self.momenta = [torch.zeros_like(matrix) for matrix in matrices]

    @torch.no_grad()
    def step(self, factor: float) -> None:
        for matrix, momentum in zip(self.matrices, self.momenta, strict=True):
            gradient = matrix.grad
            momentum.lerp_(gradient, 1 - MUON_MOMENTUM)
            look_ahead = gradient.lerp(momentum, MUON_MOMENTUM)
            parts = (
                look_ahead.split(self.width) if matrix.shape[0] == 3 * self.width else [look_ahead]
            )
            update = torch.cat([orthogonalise(part) for part in parts])
            scale = max(1.0, parts[0].shape[0] / parts[0].shape[1]) ** 0.5
            matrix.mul_(1 - factor * MUON_RATE * WEIGHT_DECAY)
            matrix.sub_(update, alpha=factor * MUON_RATE * scale)
            matrix.grad = None


def rate_factor(step: int, steps: int) -> float:
    """Warms up, holds for a tenth, then falls in a straight line to zero."""
    return min(1.0, (step + 1) / WARM_UP_STEPS, (steps - step) / (0.9 * steps))


def loss_of(
    model: Transformer, ids: Tensor, targets: Tensor, weights: Tensor, documents: Tensor
) -> Tensor:
    """Weighted cross entropy; a conversation sees itself only."""
    length = ids.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool).tril()
    mask = (documents[:, None, :, None] == documents[:, None, None, :]) & causal
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(ids, mask)
    losses = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="none")
    return (losses * weights.flatten()).sum() / weights.sum()


def tensors_of(rows: Rows) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    ids, weights = torch.from_numpy(rows.ids), torch.from_numpy(rows.weights)
    documents = torch.from_numpy(rows.documents)
    return (
        ids[:, :-1].contiguous(),
        ids[:, 1:].contiguous(),
        weights[:, 1:].contiguous(),
        documents[:, :-1].contiguous(),
    )


def train(
    shape: Shape,
    tokenizer: Tokenizer,
    phases: tuple[Phase, ...],
    *,
    positions: int,
    seed: int,
    checkpoint: Path,
) -> Transformer:
    """Runs all phases; the checkpoint is rewritten every 200 steps and at the end."""
    torch.manual_seed(seed)
    model = Transformer(shape, positions)
    matrices = [p for name, p in model.named_parameters() if name != "embedding.weight"]
    muon = Muon(matrices, shape.width)
    adam = torch.optim.AdamW(
        [model.embedding.weight], lr=EMBEDDING_RATE, betas=(0.9, 0.98), weight_decay=0.0, fused=True
    )
    compiled = torch.compile(loss_of, dynamic=False)
    steps = sum(phase.steps for phase in phases)
    step, began, running = 0, time.monotonic(), 0.0
    for index, phase in enumerate(phases):
        source = conversations(seed + index, long_share=phase.long_share)
        for _ in range(phase.steps):
            rows = pack(source, tokenizer, rows=phase.rows, length=phase.length)
            loss = compiled(model, *tensors_of(rows))
            loss.backward()
            factor = rate_factor(step, steps)
            muon.step(factor)
            adam.param_groups[0]["lr"] = EMBEDDING_RATE * factor
            adam.step()
            adam.zero_grad()
            step, running = step + 1, running + loss.item()
            if step % 50 == 0:
                print(
                    f"step {step}/{steps} loss {running / 50:.4f} "
                    f"after {time.monotonic() - began:.0f} s",
                    flush=True,
                )
                running = 0.0
            if step % 200 == 0 or step == steps:
                torch.save(model.state_dict(), checkpoint)
    return model
