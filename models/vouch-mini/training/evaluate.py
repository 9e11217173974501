"""Asks the exported model what training never asked, and writes ../evaluation.md.

Usage: python evaluate.py [--folder FOLDER]. All questions are greedy, in fresh conversations
unless the row says otherwise, and use wordings or operands that training leaves out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

import arithmetic
import chatter
from corpus import FACTS, FOLLOW_UPS, KNOWLEDGE, SMALL_TALK, lines_of
from engine import Engine
from facts import HELD_OUT_TEMPLATES, Topic, bare, fill, trained_questions
from noise import typo
from samples import Conversation, encode
from transcripts import TRANSCRIPTS

PROBLEMS_EACH = 200
PHRASES_EACH = 150
SAMPLES_EACH = 60
FAILURES_SHOWN = 12
UNKNOWN_KEYS = ("do not know", "outside of what I know", "only know about")


@dataclass(frozen=True)
class Case:
    """One question, with the conversation before it, and the test of its answer."""

    messages: Conversation
    accepts: Callable[[str], bool]


def asked(question: str, accepts: Callable[[str], bool]) -> Case:
    return Case([("user", question)], accepts)


def assert_held_out() -> None:
    """No question of the evaluation may be one that training can ask."""
    topics = [*FACTS, *SMALL_TALK, *KNOWLEDGE]
    trained = trained_questions(topics)
    for topic in topics:
        filled = [fill(template, p) for template in HELD_OUT_TEMPLATES for p in topic.phrases]
        for question in [*topic.held_out, *filled]:
            if bare(question) in trained:
                raise ValueError(f"training asks the held-out question {question!r}")


def holds_keys(topic: Topic) -> Callable[[str], bool]:
    def accepts(answer: str) -> bool:
        text = answer.lower()
        return all(any(key.lower() in text for key in keys) for keys in topic.keys)

    return accepts


def exactly(expected: str) -> Callable[[str], bool]:
    return lambda answer: answer == expected


def ends_with(equation: str) -> Callable[[str], bool]:
    return lambda answer: answer == equation or answer.endswith(f" So {equation}")


def admits_ignorance(answer: str) -> bool:
    return any(key in answer for key in UNKNOWN_KEYS)


def operand_cases(operation: str) -> Iterator[Case]:
    """Operands that training never showed, in either order, in wordings that it did show."""
    random = Random(f"operands {operation}")
    for _ in range(PROBLEMS_EACH):
        problem = arithmetic.problem(random, held_out=True, operation=operation)
        yield asked(arithmetic.ask(problem, random), ends_with(problem.equation))


def wording_cases(operation: str) -> Iterator[Case]:
    random = Random(f"wordings {operation}")
    for _ in range(SAMPLES_EACH):
        problem = arithmetic.problem(random, operation=operation)
        question = arithmetic.ask(problem, random, arithmetic.HELD_OUT_WORDINGS)
        yield asked(question, ends_with(problem.equation))


def topic_cases(topics: list[Topic]) -> Iterator[Case]:
    for topic in topics:
        for question in topic.held_out:
            yield asked(question, holds_keys(topic))


def template_cases() -> Iterator[Case]:
    """Known subjects in four sentences that training never used."""
    random = Random("templates")
    pairs = [(topic, phrase) for topic in FACTS for phrase in topic.phrases]
    for topic, phrase in random.sample(pairs, PHRASES_EACH):
        yield asked(fill(random.choice(HELD_OUT_TEMPLATES), phrase), holds_keys(topic))


def sloppy_cases() -> Iterator[Case]:
    """The held-out questions in lower case, without a mark, with one typo."""
    random = Random("sloppy")
    for topic in FACTS:
        for question in topic.held_out:
            yield asked(typo(question.lower().rstrip("?."), random), holds_keys(topic))


def later_cases() -> Iterator[Case]:
    """The held-out questions as the third question of a conversation."""
    random = Random("later")
    for topic in FACTS:
        messages: Conversation = []
        for _ in range(2):
            other = random.choice([other for other in FACTS if other is not topic])
            messages += [
                ("user", random.choice(other.questions or other.held_out)),
                ("assistant", other.answers[0]),
            ]
        yield Case([*messages, ("user", topic.held_out[0])], holds_keys(topic))


def follow_up_cases() -> Iterator[Case]:
    """Questions with a pronoun, after a held-out question about the subject."""
    for topic in FACTS:
        for question, answer in FOLLOW_UPS.get(topic.name, []):
            yield Case(
                [("user", topic.held_out[0]), ("assistant", topic.answers[0]), ("user", question)],
                exactly(answer),
            )


def memory_cases() -> Iterator[Case]:
    """A name or a number is told, something else is asked, then it is asked for."""
    random = Random("memory")
    for index in range(SAMPLES_EACH):
        told, question = (chatter.name_turns if index % 2 else chatter.number_turns)(random)
        between = random.choice(FACTS)
        yield Case(
            [
                ("user", told[0]),
                ("assistant", told[1]),
                ("user", between.held_out[0]),
                ("assistant", between.answers[0]),
                ("user", question[0]),
            ],
            exactly(question[1]),
        )


def echo_cases() -> Iterator[Case]:
    random = Random("echo")
    for _ in range(SAMPLES_EACH):
        question, answer = chatter.echo_turn(random, chatter.HELD_OUT_ECHO_WORDINGS)
        yield asked(question, exactly(answer))


def count_cases() -> Iterator[Case]:
    random = Random("count")
    for _ in range(SAMPLES_EACH):
        question, answer = chatter.count_turn(random, chatter.HELD_OUT_COUNT_WORDINGS)
        yield asked(question, exactly(answer))


def unknown_cases() -> Iterator[Case]:
    for wording in lines_of("unknown-held-out.txt"):
        for thing in lines_of("things-held-out.txt"):
            yield asked(wording.format(x=thing), admits_ignorance)


def all_cases() -> dict[str, Iterator[Case]]:
    operations = tuple(arithmetic.SIGNS)
    return {
        **{f"{name}: unseen operands, exact": operand_cases(name) for name in operations},
        **{f"{name}: unseen wordings, exact": wording_cases(name) for name in operations},
        "facts: unseen questions, key phrases": topic_cases(FACTS),
        "facts: unseen sentences around known subjects, key phrases": template_cases(),
        "facts: unseen questions with a typo, lower case, no mark": sloppy_cases(),
        "facts: unseen questions as third of a conversation": later_cases(),
        "facts: follow-ups with a pronoun, exact": follow_up_cases(),
        "small talk: unseen questions, key phrases": topic_cases(SMALL_TALK),
        "general knowledge: unseen questions, key phrases": topic_cases(KNOWLEDGE),
        "name or number told two questions before, exact": memory_cases(),
        "repeating: unseen wordings and phrases, exact": echo_cases(),
        "counting: unseen wordings, exact": count_cases(),
        "unknown things: unseen questions, admits it": unknown_cases(),
    }


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
