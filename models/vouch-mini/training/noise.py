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


def capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]


def rough(text: str, random: Random, *, typos: bool = True) -> str:
    """The question as typed. `typos` is false where a slip would change the meaning."""
    if random.random() < 0.18:
        text = random.choice(OPENINGS) + text
    if random.random() < 0.10:
        text = text.rstrip("?. ") + random.choice(CLOSINGS)
    style = random.random()
    if style < 0.5:
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
