"""Small skills: repeating, counting, spelling out lists, remembering what was said before."""

from __future__ import annotations

from pathlib import Path
from random import Random

from samples import Conversation

DATA = Path(__file__).parent / "data"
WORDS = (DATA / "words.txt").read_text(encoding="utf-8").split()
CAPITALS = tuple(
    tuple(line.split()) for line in (DATA / "capitals.txt").read_text(encoding="utf-8").splitlines()
)
ECHO_WORDINGS = (
    "repeat after me: {x}",
    "repeat: {x}",
    "repeat this: {x}",
    "say {x}",
    "say: {x}",
    "please say {x}",
    "echo {x}",
    "echo: {x}",
    'say "{x}"',
    'repeat "{x}"',
    "reply with {x}",
    "reply with: {x}",
    "reply with exactly: {x}",
    "reply with the words {x}",
    "answer with {x}",
    "answer only with {x}",
    "just say {x}",
    "write {x}",
    "write: {x}",
    "print {x}",
    "output {x}",
    "respond with {x}",
    "can you repeat {x}?",
    "please repeat: {x}",
    "please repeat the following: {x}",
    "say only {x}",
    "respond only with {x}",
    "say '{x}'",
    "repeat the words {x}",
    "type {x}",
    "copy this: {x}",
)
HELD_OUT_ECHO_WORDINGS = (
    "would you repeat this for me: {x}",
    "return exactly this text: {x}",
    "now say the words {x}",
)
COUNT_WORDINGS = (
    "count from {a} to {b}",
    "please count from {a} to {b}",
    "can you count from {a} to {b}?",
    "list the numbers from {a} to {b}",
    "count {a} to {b}",
    "numbers from {a} to {b}",
    "write the numbers from {a} to {b}",
    "start at {a} and count to {b}",
)
HELD_OUT_COUNT_WORDINGS = (
    "would you count from {a} up to {b}?",
    "give me all numbers from {a} to {b}",
)
COUNT_TO_WORDINGS = (
    "count to {b}",
    "please count to {b}",
    "can you count to {b}?",
    "count up to {b}",
)
NAMES = (
    "Ada Alan Alice Anna Bob Carla Chen David Elena Eva Felix Grace Hans Ines Ivan James Jane John "
    "Kim Lena Leo Lisa Lucas Maria Mark Mary Max Mia Nina Noah Olga Omar Paul Peter Rosa Sam Sara "
    "Sofia Tom Vera Yuki Zoe"
).split()
NAME_SAYINGS = (
    "my name is {x}",
    "I am {x}",
    "I'm {x}",
    "call me {x}",
    "hi, I am {x}",
    "hello, my name is {x}",
    "this is {x}",
    "hi, my name is {x}",
)
NAME_QUESTIONS = (
    "what is my name?",
    "do you know my name?",
    "what's my name?",
    "who am I?",
    "do you remember my name?",
    "tell me my name",
)
NUMBER_SAYINGS = (
    "remember the number {x}",
    "my favourite number is {x}",
    "my number is {x}",
    "please remember {x}",
    "keep the number {x} in mind",
    "the secret number is {x}",
)
NUMBER_QUESTIONS = (
    "what was the number?",
    "which number did I tell you?",
    "what is my number?",
    "what number should you remember?",
    "do you remember the number?",
)
LAST_QUESTIONS = (
    "what did I just ask?",
    "what was my last question?",
    "what did I ask you before?",
    "repeat my last question",
    "what was my question?",
)


def phrase(random: Random) -> str:
    """One to eight words, now and then with a number, a mark or made-up letters."""
    words = [random.choice(WORDS) for _ in range(random.choice((1, 1, 2, 2, 3, 4, 5, 6, 8)))]
    for at in range(len(words)):
        chance = random.random()
        if chance < 0.08:
            words[at] = str(random.randrange(10 ** random.randrange(1, 7)))
        elif chance < 0.12:
            words[at] = "".join(
                random.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(random.randrange(2, 9))
            )
        elif chance < 0.2:
            words[at] = words[at].capitalize() if random.random() < 0.6 else words[at].upper()
    text = " ".join(words)
    return text + random.choice(("", "", "", "", ".", "!")) if len(words) > 1 else text


def echo_turn(random: Random, wordings: tuple[str, ...] = ECHO_WORDINGS) -> tuple[str, str]:
    said = phrase(random)
    wording = random.choice(wordings)
    return (wording if random.random() < 0.4 else wording.capitalize()).format(x=said), said


def count_turn(random: Random, wordings: tuple[str, ...] = COUNT_WORDINGS) -> tuple[str, str]:
    """Up, down, or from one; never more than twenty numbers."""
    first = random.choice((1, random.randrange(30), random.randrange(100)))
    last = first + random.randrange(2, 20)
    if wordings is COUNT_WORDINGS and random.random() < 0.35:
        last = random.choice((3, 5, 10, 10, 10, 12, 15, 20))
        wording = random.choice(COUNT_TO_WORDINGS)
        spoken = "ten" if last == 10 and random.random() < 0.5 else str(last)
        return wording.format(b=spoken), ", ".join(map(str, range(1, last + 1)))
    if wordings is COUNT_WORDINGS and random.random() < 0.25:
        start = random.choice((3, 5, 10, 10, last))
        wording = random.choice(
            ("count down from {a}", "count backwards from {a}", "countdown from {a}")
        )
        floor = max(0, start - 20)
        return wording.format(a=start), ", ".join(map(str, range(start, floor - 1, -1)))
    return (
        random.choice(wordings).format(a=first, b=last),
        ", ".join(map(str, range(first, last + 1))),
    )


def capital_turn(random: Random) -> tuple[str, str]:
    country, city = random.choice(CAPITALS)
    wording = random.choice(
        (
            "what is the capital of {x}?",
            "what's the capital of {x}?",
            "capital of {x}?",
            "which city is the capital of {x}?",
            "name the capital of {x}",
            "tell me the capital of {x}",
        )
    )
    return wording.format(x=country), f"The capital of {country} is {city}."


def name_turns(random: Random) -> tuple[tuple[str, str], tuple[str, str]]:
    """A name is told and asked for later."""
    name = random.choice(NAMES)
    greeting = random.choice(
        (f"Nice to meet you, {name}!", f"Hello {name}! What would you like to know?")
    )
    return (
        (random.choice(NAME_SAYINGS).format(x=name), greeting),
        (random.choice(NAME_QUESTIONS), f"Your name is {name}."),
    )


def number_turns(random: Random) -> tuple[tuple[str, str], tuple[str, str]]:
    number = random.randrange(10 ** random.randrange(1, 5))
    return (
        (random.choice(NUMBER_SAYINGS).format(x=number), f"All right, I keep {number} in mind."),
        (random.choice(NUMBER_QUESTIONS), f"The number is {number}."),
    )


def unasked_turn(random: Random) -> tuple[str, str]:
    """What the model must not invent when nobody has told it."""
    if random.random() < 0.5:
        return random.choice(NAME_QUESTIONS), "You have not told me your name yet."
    return random.choice(NUMBER_QUESTIONS), "You have not told me a number yet."


def last_question_turn(random: Random, history: Conversation) -> tuple[str, str]:
    asked = [content for role, content in history if role == "user"][-1]
    return random.choice(LAST_QUESTIONS), f"You asked: {asked}"
