"""Writes config.json and manifest.json beside the model."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tokenizers import Tokenizer

from embed import DIMENSIONS
from export import STATES
from shape import Shape
from tokenizer import END, ROLES

ENGINE = "onnxruntime-node 1.30.0"
PUBLISHED = ("model.onnx", "embedding.f16", "tokenizer.json", "config.json")


def write_json(value: object, path: Path) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_config(shape: Shape, positions: int, tokenizer: Tokenizer, path: Path) -> None:
    """Everything an engine needs beside the graph and the tokenizer."""
    write_json(
        {
            "architecture": "decoder-only transformer: pre-norm RMS, rotary positions, "
            "squared ReLU, tied embedding",
            "layers": shape.layers,
            "heads": shape.heads,
            "headDimension": shape.head_dimension,
            "vocabularySize": shape.vocabulary,
            "contextTokensMax": positions,
            "endTokenId": tokenizer.token_to_id(END),
            "specialTokenIds": {
                token: tokenizer.token_to_id(token)
                for token in (*(f"<|{role}|>" for role in ROLES), END)
            },
            "chatTemplate": {
                "messagePrefixes": {role: f"<|{role}|>" for role in ROLES},
                "messageSuffix": END,
                "generationPrefix": "<|assistant|>",
            },
            "embedding": {
                "dimensions": DIMENSIONS,
                "prefix": "<|user|>",
                "suffix": END,
                "meanOf": list(STATES),
                "lastOf": ["hidden_states"],
            },
            "sampling": {"temperature": 0.3, "topP": 0.9, "completionTokensMax": 256},
        },
        path,
    )


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_manifest(folder: Path) -> None:
    """Only strings and objects, because the id of the model is a hash of the canonical JSON."""
    write_json(
        {
            "id": "vouch-mini",
            "revision": "2",
            "files": {name: sha256_of(folder / name) for name in PUBLISHED},
            "quantization": "float16 weights, float32 arithmetic",
            "tokenizerSha256": sha256_of(folder / "tokenizer.json"),
            "engine": ENGINE,
            "licence": "Apache-2.0",
        },
        folder / "manifest.json",
    )
