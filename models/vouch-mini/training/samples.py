"""Turns conversations into packed training rows and into the ids that inference feeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from tokenizer import END, ROLES

# The model must above all learn answers; a little loss on questions teaches it English as well.
QUESTION_WEIGHT = 0.08

Message = tuple[str, str]
Conversation = list[Message]


@dataclass(frozen=True)
class Rows:
    """One batch: ids [B, T+1], weights [B, T+1] of each id as a target, documents [B, T+1]."""

    ids: np.ndarray
    weights: np.ndarray
    documents: np.ndarray


def encode(conversation: Conversation, tokenizer: Tokenizer) -> tuple[list[int], list[float]]:
    """`<|role|>content<|end|>` for each message; the weight of a role token is never counted."""
    ids: list[int] = []
    weights: list[float] = []
    end = tokenizer.token_to_id(END)
    for role, content in conversation:
        content_ids = tokenizer.encode(content, add_special_tokens=False).ids
        weight = 1.0 if role == "assistant" else QUESTION_WEIGHT
        ids += [tokenizer.token_to_id(f"<|{role}|>"), *content_ids, end]
        weights += [0.0, *[weight] * len(content_ids), weight]
    return ids, weights


def prompt_ids(conversation: Conversation, tokenizer: Tokenizer) -> list[int]:
    """What inference feeds before it lets the model speak."""
    return encode(conversation, tokenizer)[0] + [tokenizer.token_to_id(f"<|{ROLES[2]}|>")]


def pack(
    conversations: Iterator[Conversation], tokenizer: Tokenizer, *, rows: int, length: int
) -> Rows:
    """Fills rows one after another; a conversation that overflows a row is cut there."""
    ids = np.zeros((rows, length + 1), dtype=np.int64)
    weights = np.zeros((rows, length + 1), dtype=np.float32)
    documents = np.zeros((rows, length + 1), dtype=np.int64)
    for row in range(rows):
        at, document = 0, 0
        while at < length + 1:
            document += 1
            new_ids, new_weights = encode(next(conversations), tokenizer)
            kept = min(len(new_ids), length + 1 - at)
            ids[row, at : at + kept] = new_ids[:kept]
            weights[row, at : at + kept] = new_weights[:kept]
            documents[row, at : at + kept] = document
            at += kept
    return Rows(ids, weights, documents)
