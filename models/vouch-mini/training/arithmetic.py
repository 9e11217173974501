"""Sums, products, quotients and comparisons, in many wordings, with operands held out by hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from arithmetic_wordings import NUMBER_WORDS, SIGNS, SPECIAL_WORDINGS, SPOKEN, TYPED, WORDINGS

HELD_OUT_ONE_IN = 20
TABLE_LIMIT = 12
SUM_LIMIT = 20


@dataclass(frozen=True)
class Problem:
    """One exact problem; `divide` has no remainder, `subtract` may be negative."""

    operation: str
    first: int
    second: int

    @property
    def result(self) -> int:
        match self.operation:
            case "add":
                return self.first + self.second
            case "subtract":
                return self.first - self.second
            case "multiply":
                return self.first * self.second
            case _:
                return self.first // self.second

    @property
    def by_heart(self) -> bool:
        """Sums up to 20 and the multiplication table are learnt by heart and never held out."""
        if self.operation == "divide":
            return max(self.second, self.result) <= TABLE_LIMIT
        limit = TABLE_LIMIT if self.operation == "multiply" else SUM_LIMIT
        return max(self.first, self.second) <= limit

    @property
    def equation(self) -> str:
        return f"{self.first} {SIGNS[self.operation]} {self.second} = {self.result}."

    @property
    def answer(self) -> str:
        """The equation alone when it is known by heart, otherwise with the working before it.

        A small model writes the digits of a sum from the left but must carry from the right. With
        the columns written out first, every step is a small fact, and the reader can check it.
        """
        if self.by_heart:
            return self.equation
        first, second = self.first, self.second
        match self.operation:
            case "add":
                steps = added_columns(first, second)
            case "subtract":
                steps = subtracted_columns(max(first, second), min(first, second))
            case "multiply":
                steps = multiplied_columns(max(first, second), min(first, second))
            case _:
                steps = divided_columns(first, second)
        return f"{', '.join(steps)}. So {self.equation}"

    @property
    def held_out(self) -> bool:
        """Decided by hash; a problem and its mirror (a+b and b+a) fall on the same side."""
        if self.by_heart:
            return False
        first, second = self.first, self.second
        if self.operation in ("add", "multiply"):
            first, second = max(first, second), min(first, second)
        name = f"{self.operation} {first} {second}".encode()
        return int.from_bytes(hashlib.sha256(name).digest()[:4]) % HELD_OUT_ONE_IN == 0


def columns(first: int, second: int) -> Iterator[tuple[int, int]]:
    """The digits of both from the right, the shorter one filled with zeros."""
    while first or second:
        yield first % 10, second % 10
        first, second = first // 10, second // 10


def added_columns(first: int, second: int) -> list[str]:
    steps, carry = [], 0
    for upper, lower in columns(first, second):
        total = upper + lower + carry
        steps.append(f"{upper} + {lower}{' + 1' if carry else ''} = {total}")
        carry = total // 10
    return steps


def subtracted_columns(first: int, second: int) -> list[str]:
    """For first >= second, so that the last column never borrows."""
    steps, borrow = [], 0
    for upper, lower in columns(first, second):
        rest = upper - lower - borrow
        step = f"{upper} - {lower}{' - 1' if borrow else ''} = {rest % 10}"
        borrow = int(rest < 0)
        steps.append(f"{step} borrow 1" if borrow else step)
    return steps


def multiplied_columns(first: int, digit: int) -> list[str]:
    """For a first of two digits and a single digit."""
    units = first % 10 * digit
    carry = f" + {units // 10}" if units >= 10 else ""
    tens = first // 10 * digit + units // 10
    return [f"{first % 10} * {digit} = {units}", f"{first // 10} * {digit}{carry} = {tens}"]


def divided_columns(first: int, second: int) -> list[str]:
    """For a result of two digits: the tens, their rest with the units, and the units."""
    upper, units = first // 10, first % 10
    rest = upper % second
    tens = f"{upper} / {second} = {upper // second}{f' rest {rest}' if rest else ''}"
    return [tens, f"{10 * rest + units} / {second} = {(10 * rest + units) // second}"]


def operand(random: Random) -> int:
    digits = random.choices((1, 2, 3), (2, 4, 5))[0]
    return random.randrange(10 ** (digits - 1) if digits > 1 else 0, 10**digits)


def draw_problem(random: Random, operation: str) -> Problem:
    if operation == "add":
        return Problem(operation, operand(random), operand(random))
    if operation == "subtract":
        first, second = operand(random), operand(random)
        swapped = first < second and random.random() < 0.85
        return Problem(operation, *((second, first) if swapped else (first, second)))
    if random.random() < 0.5:
        first, second = random.randrange(TABLE_LIMIT + 1), random.randrange(1, TABLE_LIMIT + 1)
    else:
        first, second = random.randrange(10, 100), random.randrange(2, 10)
    if operation == "divide":
        return Problem(operation, first * second, second)
    return Problem(operation, *((first, second) if random.random() < 0.5 else (second, first)))


def problem(random: Random, *, held_out: bool = False, operation: str | None = None) -> Problem:
    """Draws until the problem is on the wanted side of the split."""
    operation = operation or random.choices(tuple(SIGNS), (27, 28, 26, 19))[0]
    while True:
        drawn = draw_problem(random, operation)
        if drawn.held_out == held_out and not (operation == "multiply" and drawn.second == 0):
            return drawn


def spell(number: int, random: Random) -> str:
    return NUMBER_WORDS[number] if number <= 20 and random.random() < 0.7 else str(number)


def ask(asked: Problem, random: Random, wordings: tuple[str, ...] | None = None) -> str:
    """A question for the problem; number words are used now and then for small operands."""
    if wordings is None:
        special = random.random() < 0.25
        wordings = SPECIAL_WORDINGS[asked.operation] if special else WORDINGS
    wording = random.choice(wordings)
    spelled = "{sign}" not in wording and max(asked.first, asked.second) <= 20
    write = (lambda n: spell(n, random)) if spelled and random.random() < 0.3 else str
    return wording.format(
        a=write(asked.first),
        b=write(asked.second),
        op=random.choice(SPOKEN[asked.operation]),
        sign=random.choice(TYPED[asked.operation]),
    )


def sum_turn(random: Random) -> tuple[str, str]:
    asked = problem(random)
    return ask(asked, random), asked.answer


def comparison_turn(random: Random) -> tuple[str, str]:
    """Which is larger, is it even, is a larger than b."""
    first, second = operand(random), operand(random)
    if first == second:
        second += 1
    low, high = min(first, second), max(first, second)
    match random.randrange(4):
        case 0:
            word = random.choice(("bigger", "larger", "greater"))
            ends = random.choice((f"{first} or {second}?", f"{first} or {second}"))
            return f"which is {word}, {ends}", f"{high} is {word} than {low}."
        case 1:
            verdict = "Yes" if first > second else "No"
            word = random.choice(("bigger", "larger", "greater"))
            return (
                f"is {first} {word} than {second}?",
                f"{verdict}, {first} is {'' if first > second else 'not '}{word} than {second}.",
            )
        case 2:
            kind = random.choice(("even", "odd"))
            holds = (first % 2 == 0) == (kind == "even")
            other = "even" if first % 2 == 0 else "odd"
            return f"is {first} {kind}?", f"{'Yes' if holds else 'No'}, {first} is {other}."
        case _:
            word = random.choice(("smaller", "less", "lower"))
            verdict = "Yes" if first < second else "No"
            return (
                f"is {first} {word} than {second}?",
                f"{verdict}, {first} is {'' if first < second else 'not '}{word} than {second}.",
            )
