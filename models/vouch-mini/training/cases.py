"""The held-out questions of the evaluation, and how their answers are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import arithmetic
import chatter
from arithmetic_wordings import HELD_OUT_WORDINGS, SIGNS
from corpus import FACTS, FOLLOW_UPS, KNOWLEDGE, SMALL_TALK, lines_of
from facts import HELD_OUT_TEMPLATES, Topic, bare, fill, trained_questions
from noise import typo
from samples import Conversation

PROBLEMS_EACH = 200
PHRASES_EACH = 150
SAMPLES_EACH = 60
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
    for line in lines_of("fresh-questions.txt"):
        if bare(line.partition("|")[2]) in trained:
            raise ValueError(f"training asks the fresh question {line!r}")


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
        question = arithmetic.ask(problem, random, HELD_OUT_WORDINGS)
        yield asked(question, ends_with(problem.equation))


def topic_cases(topics: list[Topic]) -> Iterator[Case]:
    for topic in topics:
        for question in topic.held_out:
            yield asked(question, holds_keys(topic))


def fresh_cases(topics: list[Topic]) -> Iterator[Case]:
    """Questions that were written after everything else, and asked once."""
    named = {topic.name: topic for topic in topics}
    for line in lines_of("fresh-questions.txt"):
        name, _, question = (part.strip() for part in line.partition("|"))
        if name in named:
            yield asked(question, holds_keys(named[name]))


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
    operations = tuple(SIGNS)
    return {
        **{f"{name}: unseen operands, exact": operand_cases(name) for name in operations},
        **{f"{name}: unseen wordings, exact": wording_cases(name) for name in operations},
        "facts: fresh questions, key phrases": fresh_cases(FACTS),
        "small talk: fresh questions, key phrases": fresh_cases(SMALL_TALK),
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
