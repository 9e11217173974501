"""Makes a tidy question look like what people type: case, typos, missing marks, polite words."""

from __future__ import annotations

from random import Random

OPENINGS = (
    "hi, ",
    "hello, ",
    "hey, ",
    "Hi! ",
    "Hello! ",
    "please ",
    "so ",
    "ok, ",
    "okay, ",
    "and ",
    "quick question: ",
    "question: ",
    "hey there, ",
    "sorry, ",
    "well, ",
    "um, ",
    "thanks. ",
    "I wonder, ",
    "just curious, ",
    "one more thing: ",
    "can you tell me: ",
    "ok so ",
    "but ",
)
CLOSINGS = (
    " please",
    " please?",
    ", please",
    " thanks",
    ", thanks!",
    " thank you",
    "?",
    "??",
    " :)",
    " then",
    " exactly",
    " again",
)
# Sentences and half-sentences that people put before a question.
FRAMES = (
    "I have a question: ",
    "I have a question. ",
    "I am new here. ",
    "I was reading the docs. ",
    "my boss wants to know: ",
    "a friend asked me: ",
    "I am building an app. ",
    "I would like to ask, ",
    "I want to know: ",
    "help me out, ",
    "sorry to bother you, ",
    "maybe you know: ",
    "I am confused. ",
    "let me ask you this: ",
    "next question: ",
    "in your own words, ",
    "if I may ask, ",
    "for my understanding: ",
    "I forgot, ",
    "remind me, ",
    "be honest, ",
    "dear model, ",
    "now tell me, ",
    "I need to know, ",
    "we are wondering, ",
    "out of curiosity, ",
    "good, and ",
    "ah. ",
    "interesting. ",
    "I see. ",
    "ok then, ",
    "not sure I get it. ",
    "my question is: ",
    "could you say ",
    "would you know ",
    "you know what? ",
)
# Words that a hurried person leaves out; question words and "not" carry meaning and stay.
SMALL_WORDS = frozenset(
    "a an the is are am was be do does did of to in on for with at by from it its this that i me "
    "my you your we us our can could would should will shall please there any some and so what "
    "which tell about".split()
)
SYNONYMS = tuple(
    group.split()
    for group in (
        "get obtain receive fetch",
        "check verify validate confirm inspect",
        "made created built written produced",
        "make create build produce",
        "use employ utilise",
        "run execute operate start launch",
        "money funds cash",
        "cost price charge fee",
        "big large huge",
        "small little tiny",
        "fast quick rapid",
        "find locate see discover",
        "change modify alter edit adapt",
        "changed modified altered edited",
        "happens occurs follows",
        "need require want",
        "explain describe clarify",
        "answer reply response",
        "answers replies responses",
        "request call query",
        "requests calls queries",
        "error failure problem",
        "cheat lie deceive",
        "trust believe",
        "safe secure",
        "stop end quit",
        "role job task function purpose part",
        "contain hold include carry",
        "inside within",
        "difference distinction",
        "prompt message question text",
        "prompts messages questions texts",
        "limit cap bound maximum",
        "server machine computer",
        "paid compensated rewarded",
        "pay spend",
        "stored saved kept recorded",
        "picked chosen selected",
        "works functions operates",
        "work function operate",
        "able capable",
        "help assist support",
        "speak talk",
        "know understand",
        "kind type sort",
        "list name enumerate",
        "show display give",
        "say tell",
        "correct right true",
        "wrong incorrect false",
        "good great nice",
        "begin start",
        "lose forfeit",
        "steal take",
        "project software thing system",
        "people users persons",
    )
)
OTHER_WORDS = {
    word: [other for other in group if other != word] for group in SYNONYMS for word in group
}

NEIGHBOURS = {
    "a": "sq",
    "b": "vn",
    "c": "xv",
    "d": "sf",
    "e": "wr",
    "f": "dg",
    "g": "fh",
    "h": "gj",
    "i": "uo",
    "j": "hk",
    "k": "jl",
    "l": "k",
    "m": "n",
    "n": "bm",
    "o": "ip",
    "p": "o",
    "q": "wa",
    "r": "et",
    "s": "ad",
    "t": "ry",
    "u": "yi",
    "v": "cb",
    "w": "qe",
    "x": "zc",
    "y": "tu",
    "z": "x",
}


def typo(text: str, random: Random) -> str:
    """One slip in a word of four letters or more: drop, double, swap or neighbour key."""
    places = [i for i in range(1, len(text) - 2) if text[i - 1 : i + 3].isalpha()]
    if not places:
        return text
    at = random.choice(places)
    match random.randrange(4):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at] + text[at:]
        case 2:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        case _:
            return (
                text[:at]
                + random.choice(
                    NEIGHBOURS[text[at].lower()] if text[at].lower() in NEIGHBOURS else "e"
                )
                + text[at + 1 :]
            )


def reworded(text: str, random: Random) -> str:
    """Swaps words for near synonyms, and now and then leaves small words out."""
    words = text.split(" ")
    if random.random() < 0.35:
        words = [
            random.choice(OTHER_WORDS[word])
            if word in OTHER_WORDS and random.random() < 0.5
            else word
            for word in words
        ]
    share = random.choices((0.0, 0.3, 1.0), (76, 14, 10))[0]
    kept = [word for word in words if word.lower() not in SMALL_WORDS or random.random() >= share]
    return " ".join(kept) if len(kept) >= 2 else " ".join(words)


def framed(text: str, random: Random) -> str:
    return random.choice(FRAMES) + text


def capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]


def rough(text: str, random: Random, *, typos: bool = True) -> str:
    """The question as typed. `typos` is false where a slip would change the meaning."""
    if random.random() < 0.15:
        text = random.choice(OPENINGS) + text
    elif random.random() < 0.14:
        text = framed(text, random)
    if random.random() < 0.10:
        text = text.rstrip("?. ") + random.choice(CLOSINGS)
    style = random.random()
    if style < 0.45:
        text = capitalise(text)
    elif style < 0.8:
        text = text.lower()
    elif style < 0.83:
        text = text.upper()
    if random.random() < 0.35:
        text = text.rstrip("?.! ")
    while typos and random.random() < 0.15:
        text = typo(text, random)
    return text
