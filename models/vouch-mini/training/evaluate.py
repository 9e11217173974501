"""Asks the exported model what training never asked, and writes ../evaluation.md.

Usage: python evaluate.py [--folder FOLDER]. All questions are greedy, in fresh conversations
unless the row says otherwise, and use wordings or operands that training leaves out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from cases import all_cases, assert_held_out
from corpus import FACTS, SMALL_TALK
from engine import Engine
from facts import Topic
from samples import Conversation, encode
from transcripts import TRANSCRIPTS

FAILURES_SHOWN = 12


def perplexity(engine: Engine, topics: list[Topic]) -> float:
    """Per token of the written answers to the held-out questions; topics with one answer only."""
    losses: list[float] = []
    for topic in (topic for topic in topics if len(topic.answers) == 1):
        for question in topic.held_out:
            ids, weights = encode(
                [("user", question), ("assistant", topic.answers[0])], engine.tokenizer
            )
            logits = engine.step(ids, engine.empty_cache())[0].astype(np.float64)
            for at in range(1, len(ids)):
                if weights[at] == 1.0:
                    row = logits[at - 1]
                    peak = row.max()
                    losses.append(peak + np.log(np.exp(row - peak).sum()) - row[ids[at]])
    return float(np.exp(np.mean(losses)))


def report_cases(engine: Engine) -> tuple[list[str], list[str]]:
    """The rows of the table and the failures in words."""
    rows, failures = [], []
    for name, cases in all_cases().items():
        total, passed, shown = 0, 0, 0
        for case in cases:
            answer = engine.answer(case.messages)
            total += 1
            if case.accepts(answer):
                passed += 1
            elif shown < FAILURES_SHOWN:
                shown += 1
                failures.append(f"- {name.split(':')[0]}: `{case.messages[-1][1]}` → `{answer}`")
        rows.append(f"| {name} | {passed} | {total} | {passed / total:.1%} |")
        print(rows[-1], flush=True)
    return rows, failures


def report_transcripts(engine: Engine) -> list[str]:
    """Each user line is answered in turn, on top of the model's own earlier answers."""
    lines: list[str] = []
    for number, questions in enumerate(TRANSCRIPTS, 1):
        for temperature in (0.0, 0.7):
            lines += ["", f"### {number}, temperature {temperature}", ""]
            messages: Conversation = []
            for question in questions:
                messages.append(("user", question))
                answer = engine.answer(messages, temperature=temperature, seed=number)
                messages.append(("assistant", answer))
                lines += [f"> **user:** {question}<br>", f"> **assistant:** {answer}<br>"]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent.parent)
    folder = parser.parse_args().folder
    assert_held_out()
    engine = Engine(folder)
    rows, failures = report_cases(engine)
    facts, talk = perplexity(engine, FACTS), perplexity(engine, SMALL_TALK)
    print(f"perplexity facts {facts:.3f} small talk {talk:.3f}")
    question: Conversation = [("user", "what is a receipt?")]
    digests = {Engine(folder).logits_digest(question, 60) for _ in range(3)}
    digests |= {engine.logits_digest(question, 60) for _ in range(3)}
    print(f"distinct logits digests of six runs in four sessions: {len(digests)}")
    (folder / "evaluation.md").write_text(
        "\n".join(
            [
                "# Evaluation of vouch-mini",
                "",
                "Written by `training/evaluate.py` from `model.onnx`; greedy unless stated.",
                "",
                "| held-out set | passed | of | share |",
                "| --- | --: | --: | --: |",
                *rows,
                "",
                f"Perplexity of the written answers to unseen questions, per token: "
                f"facts {facts:.3f}, small talk {talk:.3f}.",
                "",
                f"Logits of a prefill and 60 greedy steps, six runs in four sessions: "
                f"{len(digests)} distinct digest(s).",
                "",
                "## Transcripts",
                *report_transcripts(engine),
                "",
                f"## Failures (at most {FAILURES_SHOWN} a row)",
                "",
                *failures,
                "",
            ]
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
