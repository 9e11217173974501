"""Reads the hand-written questions and answers, and asks them in many wordings.

A block of a data file is one topic. `@ name | phrases` opens it; `?` is a question, `!` a question
that only the evaluation asks, `=` an answer, `-` the answer in one sentence, `+` what to say when
asked for more, and `k` the key phrases an answer must hold (`;` joins them, `|` separates
alternatives). Phrases are noun phrases that fill the templates below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

DATA = Path(__file__).parent / "data"
TEMPLATES = (
    "what is {x}?",
    "what's {x}?",
    "what are {x}?",
    "tell me about {x}",
    "explain {x}",
    "can you explain {x}?",
    "what does {x} mean?",
    "what do you know about {x}?",
    "define {x}",
    "please explain {x}",
    "explain {x} to me",
    "what exactly is {x}?",
    "{x}?",
    "{bare}",
    "{bare}?",
    "describe {x}",
    "what about {x}?",
    "and {x}?",
    "I don't understand {x}",
    "how does {x} work?",
    "can you tell me about {x}?",
    "can you tell me what {x} is?",
    "do you know what {x} is?",
    "I want to know about {x}",
    "I would like to understand {x}",
    "tell me something about {x}",
    "what is {x} in Vouch?",
    "what does {bare} mean in Vouch?",
    "what does the word {bare} mean?",
    "what is meant by {x}?",
    "help me understand {x}",
    "give me a definition of {x}",
    "what is {bare}",
    "could you explain {x} please?",
    "explain {bare}",
    "how would you explain {x}?",
    "why {x}?",
    "what is {x} for?",
    "what does {x} do?",
    "why is there {x}?",
    "what is {x} good for?",
    "can you describe {x}?",
    "I have never heard of {x}",
    "teach me about {x}",
    "who or what is {x}?",
    "I keep reading about {x}, what is it?",
    "what is {x} here?",
    "tell me more about {x}",
)
HELD_OUT_TEMPLATES = (
    "could you give me an idea of what {x} is?",
    "what should I know about {x}?",
    "in simple words, what is {x}?",
    "I came across {x} in the docs. What is that?",
)
SHORT_CUES = (
    "{q} in one sentence",
    "in one sentence, {q}",
    "briefly, {q}",
    "short answer: {q}",
    "{q} keep it short",
    "in short, {q}",
    "{q} briefly please",
    "{q} short please",
    "{q} Answer in one sentence.",
    "{q} Be brief.",
)
LONG_CUES = (
    "{q} in detail",
    "in detail, {q}",
    "{q} Please explain in detail.",
    "{q} the long version",
    "give me a long answer: {q}",
    "{q} Give me all the details.",
)
MORE_CUES = (
    "tell me more",
    "go on",
    "more please",
    "can you elaborate?",
    "explain more",
    "and?",
    "what else?",
    "more details please",
    "give me more detail",
    "can you say more about that?",
    "continue",
    "please go on",
    "tell me more about that",
    "tell me more about it",
    "more",
    "I want to know more",
    "why is that?",
    "how does that work?",
    "anything else?",
    "could you explain that in more detail?",
    "I don't understand",
    "what do you mean?",
)
NOTHING_MORE = "That is all I know about it. The README and the docs folder have more."
# Openings that mean the same; a question that starts with one may start with another.
SAME_OPENINGS = (
    ("how do I", "how can I", "how to", "what do I do to", "how should I", "tell me how to"),
    ("can I", "is it possible to", "may I", "am I able to"),
    ("do I need", "must I have", "will I need", "is there a need for"),
    ("what happens if", "what happens when", "what if"),
    ("what is the", "what's the", "tell me the"),
    ("why do I get", "why am I getting", "what is the reason for"),
    ("where do I", "where can I"),
    ("who", "tell me who"),
    ("what does", "can you tell me what", "do you know what"),
)


@dataclass
class Topic:
    """One block of a data file."""

    name: str
    phrases: list[str]
    questions: list[str] = field(default_factory=list)
    held_out: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)
    detail: list[str] = field(default_factory=list)
    keys: list[list[str]] = field(default_factory=list)


def read_topics(*names: str) -> list[Topic]:
    topics: list[Topic] = []
    for name in names:
        for line in (DATA / name).read_text(encoding="utf-8").splitlines():
            if not line:
                continue
            mark, text = line[0], line[2:]
            if mark == "@":
                title, _, phrases = text.partition("|")
                topics.append(
                    Topic(title.strip(), [p.strip() for p in phrases.split(";") if p.strip()])
                )
                continue
            topic = topics[-1]
            if mark == "k":
                topic.keys = [part.strip().split("|") for part in text.split(";")]
            else:
                {
                    "?": topic.questions,
                    "!": topic.held_out,
                    "=": topic.answers,
                    "-": topic.short,
                    "+": topic.detail,
                }[mark].append(text)
    return topics


def fill(template: str, phrase: str) -> str:
    return template.format(x=phrase, bare=re.sub(r"^(a|an|the|your) ", "", phrase))


def reopen(question: str, random: Random) -> str:
    """Swaps the opening words for others that mean the same."""
    for group in SAME_OPENINGS:
        for opening in group:
            if question.startswith(opening + " "):
                changed = random.choice(group) + question[len(opening) :]
                return changed if not changed.startswith("how to") else changed.rstrip("?")
    return question


def ask(topic: Topic, random: Random) -> str:
    """A training question for the topic."""
    if topic.phrases and (not topic.questions or random.random() < 0.5):
        return fill(random.choice(TEMPLATES), random.choice(topic.phrases))
    question = random.choice(topic.questions)
    return reopen(question, random) if random.random() < 0.4 else question


def read_paraphrases(topics: list[Topic]) -> None:
    """Adds the further wordings of paraphrases.txt, `name: wording | wording`, to their topics."""
    named = {topic.name: topic for topic in topics}
    for line in (DATA / "paraphrases.txt").read_text(encoding="utf-8").splitlines():
        name, _, wordings = line.partition(":")
        named[name].questions.extend(wording.strip() for wording in wordings.split("|"))


def bare(question: str) -> str:
    """A question without case and marks, for comparison."""
    return re.sub(r"[^a-z0-9 ]", "", question.lower()).strip()


def trained_questions(topics: list[Topic]) -> set[str]:
    """Every question that training can ask about the topics, before noise and cues, bare."""
    asked: set[str] = set()
    for topic in topics:
        for question in topic.questions:
            asked.add(bare(question))
            for group in SAME_OPENINGS:
                for opening in group:
                    if question.startswith(opening + " "):
                        rest = question[len(opening) :]
                        asked.update(bare(other + rest) for other in group)
        asked.update(bare(fill(template, p)) for template in TEMPLATES for p in topic.phrases)
    return asked


def fact_turn(topic: Topic, random: Random, *, brief: bool = False) -> tuple[str, str]:
    """Question and answer of the asked length; `brief` is what a system prompt may demand."""
    question, answer = ask(topic, random), random.choice(topic.answers)
    chance = random.random()
    if topic.short and (brief or chance < 0.1):
        cue = "{q}" if brief and chance > 0.2 else random.choice(SHORT_CUES)
        return cue.format(q=question), topic.short[0]
    if topic.detail and not brief and chance > 0.93:
        return random.choice(LONG_CUES).format(q=question), f"{answer} {topic.detail[0]}"
    return question, answer


def more_turns(topic: Topic, random: Random) -> list[tuple[str, str]]:
    """What follows when the user asks for more."""
    turns = [(random.choice(MORE_CUES), topic.detail[0])] if topic.detail else []
    if not turns or random.random() < 0.25:
        turns.append((random.choice(MORE_CUES), NOTHING_MORE))
    return turns


def read_follow_ups() -> dict[str, list[tuple[str, str]]]:
    """Questions that only make sense after a topic, by the name of the topic."""
    follow_ups: dict[str, list[tuple[str, str]]] = {}
    for line in (DATA / "followups.txt").read_text(encoding="utf-8").splitlines():
        topic, question, answer = (part.strip() for part in line.split("|"))
        follow_ups.setdefault(topic, []).append((question, answer))
    return follow_ups
