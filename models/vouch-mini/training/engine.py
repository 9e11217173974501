"""Runs model.onnx as the contributor does: prefill, then one token at a time over the KV cache."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from samples import Conversation, prompt_ids


class Engine:
    """One session on one thread. Every call is deterministic in its arguments."""

    def __init__(self, folder: Path) -> None:
        self.config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.output_names = [output.name for output in self.session.get_outputs()]

    def empty_cache(self) -> dict[str, np.ndarray]:
        shape = (1, self.config["heads"], 0, self.config["headDimension"])
        return {
            f"past_key_values.{layer}.{part}": np.zeros(shape, np.float32)
            for layer in range(self.config["layers"])
            for part in ("key", "value")
        }

    def step(
        self, ids: list[int], past: dict[str, np.ndarray]
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Logits [S, V] of the new ids and the longer cache."""
        outputs = self.outputs(ids, past)
        return outputs["logits"][0], {
            name: np.concatenate([value, outputs[name.replace("past", "new", 1)]], axis=2)
            for name, value in past.items()
        }

    def outputs(self, ids: list[int], past: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """All outputs of one pass over the new ids."""
        before = past["past_key_values.0.key"].shape[2]
        values = self.session.run(
            None,
            {
                "input_ids": np.array([ids], np.int64),
                "position_ids": np.arange(before, before + len(ids), dtype=np.int64)[None],
                "past_bias": np.zeros((1, before), np.float32),
                **past,
            },
        )
        return dict(zip(self.output_names, values, strict=True))

    def answer(
        self,
        conversation: Conversation,
        *,
        temperature: float = 0.0,
        top_p: float = 0.9,
        seed: int = 0,
        tokens_max: int = 200,
    ) -> str:
        """The assistant's next message; greedy when the temperature is zero."""
        random = np.random.default_rng(seed)
        logits, past = self.step(prompt_ids(conversation, self.tokenizer), self.empty_cache())
        written: list[int] = []
        while len(written) < tokens_max:
            chosen = choose(logits[-1], temperature, top_p, random)
            if chosen == self.config["endTokenId"]:
                break
            written.append(chosen)
            logits, past = self.step([chosen], past)
        return self.tokenizer.decode(written, skip_special_tokens=False)

    def logits_digest(self, conversation: Conversation, tokens: int) -> str:
        """sha256 over all logits of a prefill and of `tokens` greedy steps."""
        digest = hashlib.sha256()
        logits, past = self.step(prompt_ids(conversation, self.tokenizer), self.empty_cache())
        for _ in range(tokens):
            digest.update(logits.tobytes())
            logits, past = self.step([int(logits[-1].argmax())], past)
        return digest.hexdigest()


def choose(
    logits: np.ndarray, temperature: float, top_p: float, random: np.random.Generator
) -> int:
    """Greedy at zero, otherwise nucleus sampling."""
    if temperature == 0:
        return int(logits.argmax())
    scaled = (logits - logits.max()).astype(np.float64) / temperature
    probabilities = np.exp(scaled) / np.exp(scaled).sum()
    order = np.argsort(-probabilities, kind="stable")
    kept = order[: int(np.searchsorted(np.cumsum(probabilities[order]), top_p)) + 1]
    weights = probabilities[kept] / probabilities[kept].sum()
    return int(random.choice(kept, p=weights))
