"""Makes vouch-mini from nothing but this folder: tokenizer, weights, graph, vectors, manifest.

Usage: python make.py [--fraction 1.0] [--checkpoint FILE] [--out FOLDER]. A fraction below one
trains fewer steps, for a quick look.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

import torch

from corpus import conversations
from embed import fit_embedding
from export import export_onnx
from publish import write_config, write_manifest
from shape import VOUCH_MINI as SHAPE
from tokenizer import train_tokenizer
from train import Phase, train

SEED = 20261122
# The tokenizer reads conversations that training does not start with.
TOKENIZER_SEED = 7
TOKENIZER_CONVERSATIONS = 20_000
POSITIONS = 1024
PHASES = (
    Phase(steps=2000, rows=16, length=256, long_share=0.0),
    Phase(steps=150, rows=8, length=512, long_share=0.15),
    Phase(steps=40, rows=4, length=1024, long_share=0.6),
)


def main() -> None:
    folder = Path(__file__).parent.parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fraction", type=float, default=1.0)
    parser.add_argument("--checkpoint", type=Path, default=Path("vouch-mini.pt"))
    parser.add_argument("--out", type=Path, default=folder)
    options = parser.parse_args()
    torch.set_num_threads(1)
    texts = (
        content
        for talk in islice(conversations(TOKENIZER_SEED), TOKENIZER_CONVERSATIONS)
        for _, content in talk
    )
    tokenizer = train_tokenizer(texts, SHAPE.vocabulary, options.out / "tokenizer.json")
    phases = tuple(
        Phase(
            max(1, round(phase.steps * options.fraction)),
            phase.rows,
            phase.length,
            phase.long_share,
        )
        for phase in PHASES
    )
    model = train(
        SHAPE, tokenizer, phases, positions=POSITIONS, seed=SEED, checkpoint=options.checkpoint
    )
    export_onnx(model.weights(POSITIONS), SHAPE, options.out / "model.onnx")
    write_config(SHAPE, POSITIONS, tokenizer, options.out / "config.json")
    fit_embedding(options.out)
    write_manifest(options.out)


if __name__ == "__main__":
    main()
