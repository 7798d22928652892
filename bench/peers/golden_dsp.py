"""Golden values for test/base/math.test.ts and test/dsp: mpmath, SciPy and librosa, all in float64.

Run with a Python that has mpmath, numpy, scipy and librosa; writes test/golden/dsp/*.json.
Signals are not stored: both sides build them from the same integer recurrence (see `signal`).
"""

import json
import pathlib
import random
import sys

import librosa
import mpmath
import numpy as np
import scipy.signal

OUT = pathlib.Path(__file__).resolve().parents[2] / "test" / "golden" / "dsp"


def save(name, data):
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(data, separators=(",", ":")) + "\n")


def signal(n, seed=1):
    """n samples in [-1, 1): a 31-bit linear congruential sequence, exactly representable in float32."""
    out = np.empty(n)
    state = seed
    for i in range(n):
        state = (state * 1103515245 + 12345) % 2147483648
        out[i] = (state >> 8) / 4194304 - 1
    return out


def sounds(n, seed=1):
    """Like `signal`, but loud and soft by turns, so that the dynamic range is that of a recording."""
    x = signal(n, seed)
    gain = np.array([1.0, 1 / 1024, 1 / 16, 1 / 131072])
    return x * gain[(np.arange(n) // 700) % 4]


def elementary():
    """name -> [[arguments…, true value rounded to double]…]."""
    mpmath.mp.prec = 2300
    draw = random.Random(1)
    uniform = draw.uniform
    wide = lambda: uniform(1, 2) * 2.0 ** draw.randint(-1022, 1023)
    plans = {
        "exp": (mpmath.exp, [lambda: uniform(-745, 709.7), lambda: uniform(-1, 1)]),
        "expm1": (mpmath.expm1, [lambda: uniform(-40, 709), lambda: uniform(-1, 1), lambda: uniform(-1e-5, 1e-5)]),
        "log": (mpmath.log, [wide, lambda: uniform(0.5, 2)]),
        "log10": (mpmath.log10, [wide, lambda: uniform(0.5, 2)]),
        "log2": (lambda x: mpmath.log(x, 2), [wide, lambda: uniform(0.5, 2)]),
        "sin": (mpmath.sin, [wide, lambda: uniform(-9, 9), lambda: draw.randint(-400000, 400000) * np.pi / 2]),
        "cos": (mpmath.cos, [wide, lambda: uniform(-9, 9), lambda: draw.randint(-400000, 400000) * np.pi / 2]),
        "tanh": (mpmath.tanh, [lambda: uniform(-1, 1), lambda: uniform(-20, 20), lambda: uniform(-1e-5, 1e-5)]),
        "erf": (mpmath.erf, [lambda: uniform(-1, 1), lambda: uniform(-6, 6), lambda: uniform(-1e-5, 1e-5)]),
    }
    table = {}
    for name, (function, ranges) in plans.items():
        rows = [[x, float(function(mpmath.mpf(x)))] for pick in ranges for x in [pick() for _ in range(60)]]
        table[name] = rows
    powers = []
    for i in range(120):
        x = uniform(0.1, 3) if i % 2 else wide()
        y = uniform(-700, 700) / float(mpmath.log(x))
        powers.append([x, y, float(mpmath.mpf(x) ** mpmath.mpf(y))])
    table["pow"] = powers
    save("elementary", table)


PARTS = {"elementary": elementary}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
