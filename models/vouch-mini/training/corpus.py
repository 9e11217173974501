"""Composes conversations out of facts, small talk, arithmetic and small skills, without end."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import arithmetic
import chatter
from facts import (
    DATA,
    TEMPLATES,
    fact_turn,
    fill,
    more_turns,
    read_follow_ups,
    read_paraphrases,
    read_topics,
)
from noise import capitalise, reworded, rough
from samples import Conversation

Turn = tuple[str, str]


def lines_of(name: str) -> list[str]:
    return (DATA / name).read_text(encoding="utf-8").splitlines()


FACTS = read_topics(
    "facts-basics.txt", "facts-payments.txt", "facts-attestation.txt", "facts-running.txt"
)
SMALL_TALK = read_topics("smalltalk.txt")
KNOWLEDGE = read_topics("knowledge.txt")
read_paraphrases([*FACTS, *SMALL_TALK])
FOLLOW_UPS = read_follow_ups()
UNKNOWN, THINGS = lines_of("unknown.txt"), lines_of("things.txt")
SYLLABLES = (
    "ba ko ri ta mel os len dra vi ne sho pa tu gar il fen zo ru ma chi bor el qua ist".split()
)
SYSTEMS, SHORT_SYSTEMS = lines_of("systems.txt"), lines_of("short-systems.txt")
UNKNOWN_ANSWERS = (
    "I do not know that. I am a very small model and only know about Vouch "
    "and a little arithmetic.",
    "That is outside of what I know. Ask me about Vouch, or give me a sum.",
)
# The topics that a newcomer asks first come this many times as often as the others.
FIRST_TOPICS = {
    "vouch": 4,
    "receipt": 3,
    "voucher": 2,
    "channel": 2,
    "tranche": 2,
    "use-it": 3,
    "start": 2,
    "insufficient-quota": 3,
    "contributor": 2,
    "verify-receipt": 2,
    "who": 4,
    "hello": 4,
    "can-do": 3,
    "how-are-you": 2,
    "thanks": 2,
    "tiers": 2,
    "work": 2,
}


def topic_weight(name: str) -> int:
    return FIRST_TOPICS.get(name, 1)


FACT_WEIGHTS = [topic_weight(topic.name) for topic in FACTS]
SMALL_TALK_WEIGHTS = [topic_weight(topic.name) for topic in SMALL_TALK]
# Facts are learnt within a few hundred steps; sums and repeating words take the longest.
KINDS = {
    "fact": 33,
    "small-talk": 11,
    "sum": 27,
    "comparison": 2.5,
    "echo": 8,
    "count": 5,
    "knowledge": 2.5,
    "capital": 1,
    "unknown": 8,
}


def made_up_thing(random: Random) -> str:
    """A name or a word that means nothing, so that what is unknown is told by not being known."""
    parts = (
        "".join(random.choice(SYLLABLES) for _ in range(random.randrange(2, 4)))
        for _ in range(random.choice((1, 1, 2)))
    )
    return " ".join(capitalise(part) if random.random() < 0.7 else part for part in parts)


def unknown_turn(random: Random) -> Turn:
    thing = random.choice(THINGS) if random.random() < 0.6 else made_up_thing(random)
    wording = random.choice(UNKNOWN if random.random() < 0.6 else TEMPLATES[:20])
    question = reworded(fill(wording, thing), random)
    return rough(question, random), random.choices(UNKNOWN_ANSWERS, (3, 1))[0]


def single_turn(random: Random, *, brief: bool) -> list[Turn]:
    """One subject: a turn, and for facts sometimes what follows from it."""
    match random.choices(tuple(KINDS), tuple(KINDS.values()))[0]:
        case "fact":
            topic = random.choices(FACTS, FACT_WEIGHTS)[0]
            question, answer = fact_turn(topic, random, brief=brief)
            turns = [(rough(reworded(question, random), random), answer)]
            chance = random.random()
            if topic.name in FOLLOW_UPS and chance < 0.3:
                turns.append(random.choice(FOLLOW_UPS[topic.name]))
            elif chance < (0.15 if topic.detail else 0.03):
                turns += more_turns(topic, random)
            return [turns[0], *((rough(q, random), a) for q, a in turns[1:])]
        case "small-talk":
            topic = random.choices(SMALL_TALK, SMALL_TALK_WEIGHTS)[0]
            question = reworded(random.choice(topic.questions), random)
            return [(rough(question, random), random.choice(topic.answers))]
        case "knowledge":
            topic = random.choice(KNOWLEDGE)
            return [(rough(random.choice(topic.questions), random), random.choice(topic.answers))]
        case "sum":
            question, answer = arithmetic.sum_turn(random)
            return [(rough(question, random, typos=False), answer)]
        case "comparison":
            question, answer = arithmetic.comparison_turn(random)
            return [(rough(question, random, typos=False), answer)]
        case "echo":
            return [chatter.echo_turn(random)]
        case "count":
            question, answer = chatter.count_turn(random)
            return [(rough(question, random, typos=False), answer)]
        case "capital":
            question, answer = chatter.capital_turn(random)
            return [(rough(question, random, typos=False), answer)]
        case _:
            return [unknown_turn(random)]


def remembered(turns: list[Turn], random: Random) -> list[Turn]:
    """Now and then something is told at the start and asked for at the end."""
    chance = random.random()
    if chance < 0.05:
        told, asked = chatter.name_turns(random)
        return [(capitalise(told[0]), told[1]), *turns, asked]
    if chance < 0.10:
        told, asked = chatter.number_turns(random)
        return [told, *turns, asked]
    if chance < 0.12:
        return [*turns, chatter.unasked_turn(random)]
    if chance < 0.15:
        history = [("user", turns[-1][0])]
        return [*turns, chatter.last_question_turn(random, history)]
    return turns


def conversation(random: Random, *, long: bool) -> Conversation:
    chance = random.random()
    brief = chance < 0.05
    turns: list[Turn] = []
    wanted = (
        random.randrange(8, 25) if long else random.choices((1, 2, 3, 4, 6), (50, 25, 12, 8, 5))[0]
    )
    while len(turns) < wanted:
        turns += single_turn(random, brief=brief)
    messages: Conversation = []
    if brief:
        messages.append(("system", random.choice(SHORT_SYSTEMS)))
    elif chance < 0.25:
        messages.append(("system", random.choice(SYSTEMS)))
    for question, answer in remembered(turns, random):
        messages += [("user", question), ("assistant", answer)]
    return messages


def conversations(seed: int, *, long_share: float = 0.0) -> Iterator[Conversation]:
    """Endless and the same for the same seed."""
    random = Random(seed)
    while True:
        yield conversation(random, long=random.random() < long_share)
