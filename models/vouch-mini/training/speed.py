"""Measures the speed of model.onnx on one thread: load, prefill of 512 tokens, 256 decoded tokens.

Usage: python speed.py [--folder FOLDER]. Prints the best and the median of nine rounds.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median

from engine import Engine

ROUNDS = 9
PROMPT_TOKENS = 512
DECODED_TOKENS = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent.parent)
    folder = parser.parse_args().folder
    began = time.perf_counter()
    engine = Engine(folder)
    print(f"load {1000 * (time.perf_counter() - began):.0f} ms")
    # Ids beside the four special ones, spread over the vocabulary.
    prompt = [4 + 37 * at % (engine.config["vocabularySize"] - 4) for at in range(PROMPT_TOKENS)]
    prefill, decode = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        engine.step(prompt, engine.empty_cache())
        prefill.append(PROMPT_TOKENS / (time.perf_counter() - began))
        past = engine.step(prompt[:32], engine.empty_cache())[1]
        began = time.perf_counter()
        for at in range(DECODED_TOKENS):
            past = engine.step([prompt[at]], past)[1]
        decode.append(DECODED_TOKENS / (time.perf_counter() - began))
    for name, rates in (("prefill", prefill), ("decode", decode)):
        print(f"{name} {median(rates):.0f} tokens/s median, {max(rates):.0f} best")


if __name__ == "__main__":
    main()
