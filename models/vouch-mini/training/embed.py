"""Fits the vectors of /v1/embeddings: writes ../embedding.f16 and prints how well they retrieve.

Usage: python embed.py [--folder FOLDER]. A text is read as a user's message. Its features are the
mean over its tokens of the residual streams STATES and the last token's final state. The vector is
a linear map of them, at length one. The map is linear discriminant analysis over the topics of the
training questions: it shrinks what differs between wordings of one question and keeps what
differs between topics, the most telling direction first, so that a shortened vector is still a
good one. It has no randomness.

Measured is the share of held-out questions whose nearest training question is of their topic,
beside two that need no model: cosine over tf-idf of words, and of character 3- to 5-grams.
"""

from __future__ import annotations

import argparse
import math
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cases import lines_of
from corpus import FACTS, KNOWLEDGE, SMALL_TALK
from engine import Engine
from export import STATES

DIMENSIONS = 128
# Added to the spread within topics, in parts of its mean: a thousand questions are few.
SHRINKAGE = 1.0
# The longest vector entry in float16; the length of a vector is one in the end.
LARGEST_ENTRY = 64.0

Question = tuple[int, str]
Features = Callable[[list[str]], np.ndarray]
TOPICS = [*FACTS, *SMALL_TALK, *KNOWLEDGE]


def fresh_questions() -> list[Question]:
    at = {topic.name: index for index, topic in enumerate(TOPICS)}
    lines = lines_of("fresh-questions.txt")
    named = [[part.strip() for part in line.split("|", 1)] for line in lines]
    return [(at[name], question) for name, question in named if name in at]


def features(engine: Engine, text: str) -> np.ndarray:
    """[means of STATES, final state of the last token]."""
    user = engine.tokenizer.token_to_id("<|user|>")
    ids = [user, *engine.tokenizer.encode(text).ids, engine.config["endTokenId"]]
    outputs = engine.outputs(ids, engine.empty_cache())
    means = [outputs[name][0].mean(axis=0) for name in STATES]
    return np.concatenate([*means, outputs["hidden_states"][0, -1]]).astype(np.float64)


def discriminants(rows: np.ndarray, labels: np.ndarray, widths: list[int]) -> np.ndarray:
    """[DIMENSIONS, features + 1]: a linear map and, in its last column, what is added."""
    centre = rows.mean(axis=0)
    parts = np.split(rows - centre, np.cumsum(widths)[:-1], axis=1)
    spread = np.sqrt([(part**2).sum(axis=1).mean() for part in parts])
    scale = np.repeat(1 / spread, widths)
    scaled = (rows - centre) * scale
    means = np.stack([scaled[labels == label].mean(axis=0) for label in np.unique(labels)])
    within = scaled - means[np.searchsorted(np.unique(labels), labels)]
    scatter = within.T @ within / len(within)
    ridge = SHRINKAGE * np.trace(scatter) / len(scatter)
    variances, axes = np.linalg.eigh(scatter + ridge * np.eye(len(scatter)))
    whitening = axes / np.sqrt(variances)
    directions = np.linalg.svd(means @ whitening, full_matrices=False)[2][:DIMENSIONS]
    linear = (whitening @ directions.T).T * scale
    table = np.column_stack([linear, -linear @ centre])
    return table * (LARGEST_ENTRY / np.abs(table).max())


def at_length_one(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def retrieved(known: np.ndarray, asked: np.ndarray, labels: np.ndarray, wanted: np.ndarray) -> float:
    nearest = (at_length_one(asked) @ at_length_one(known).T).argmax(axis=1)
    return float((labels[nearest] == wanted).mean())


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def grams(text: str) -> list[str]:
    padded = f" {' '.join(words(text))} "
    return [padded[at : at + n] for n in (3, 4, 5) for at in range(len(padded) - n + 1)]


def tf_idf(terms_of: Callable[[str], list[str]], known: list[str]) -> Features:
    frequency = Counter(term for text in known for term in set(terms_of(text)))
    column = {term: at for at, term in enumerate(frequency)}

    def rows(texts: list[str]) -> np.ndarray:
        table = np.zeros((len(texts), len(column)))
        for row, text in zip(table, texts, strict=True):
            for term, count in Counter(terms_of(text)).items():
                if term in column:
                    rarity = math.log((1 + len(known)) / (1 + frequency[term]))
                    row[column[term]] = (1 + math.log(count)) * rarity
        return table

    return rows


def fit_embedding(folder: Path) -> None:
    engine = Engine(folder)
    trained = [(at, q) for at, topic in enumerate(TOPICS) for q in topic.questions]
    held_out = [(at, q) for at, topic in enumerate(TOPICS) for q in topic.held_out]
    sets = {"held-out wordings": held_out, "fresh wordings": fresh_questions()}
    labels = np.array([at for at, _ in trained])
    known = [question for _, question in trained]

    def read(texts: list[str]) -> np.ndarray:
        return np.stack([features(engine, text) for text in texts])

    width = engine.outputs([0], engine.empty_cache())["hidden_states"].shape[-1]
    table = discriminants(read(known), labels, [width] * (len(STATES) + 1)).astype(np.float16)
    table.astype("<f2").tofile(folder / "embedding.f16")

    def vectors(dimensions: int) -> Features:
        linear = table[:dimensions].astype(np.float64)
        return lambda texts: read(texts) @ linear[:, :-1].T + linear[:, -1]

    methods: dict[str, Features] = {
        "tf-idf of words": tf_idf(words, known),
        "tf-idf of character 3- to 5-grams": tf_idf(grams, known),
        **{f"vouch-mini, {n} dimensions": vectors(n) for n in (32, 64, DIMENSIONS)},
    }
    for name, rows_of in methods.items():
        rows = rows_of(known)
        for set_name, asked in sets.items():
            wanted = np.array([at for at, _ in asked])
            share = retrieved(rows, rows_of([question for _, question in asked]), labels, wanted)
            print(f"{name}, {set_name}: {share:.1%} of {len(asked)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent.parent)
    fit_embedding(parser.parse_args().folder)


if __name__ == "__main__":
    main()
