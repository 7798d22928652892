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


LOG_MELS = [
    # samples, rate, n_fft, win, hop, window, center, padding, bands, fMin, fMax, htk, norm, ref, top_db
    (2500, 2000, 256, 256, 50, "hann", True, "constant", 64, 20, 900, False, "slaney", 1.0, 80),
    (2500, 2000, 256, 256, 64, "hann", True, "constant", 32, 20, 1000, True, None, "max", None),
    (3000, 2000, 512, 256, 128, "hann", True, "reflect", 64, 0, 800, False, "slaney", "max", 60),
    (3000, 4000, 256, 200, 99, "hamming", False, "constant", 24, 60.5, 1900, True, "slaney", 1.0, 80),
    (9000, 22050, 2048, 2048, 512, "hann", True, "constant", 40, 0, 11025, False, "slaney", 1.0, 80),
    (2000, 2000, 200, 200, 80, "hann", True, "constant", 30, 25, 950, False, "slaney", 0.001, None),
    (1500, 2000, 255, 201, 77, "hann", True, "reflect", 20, 30, 900, True, "slaney", 1.0, 40),
    (100, 2000, 256, 256, 32, "hann", True, "constant", 16, 20, 900, False, None, 1.0, 80),
]


def logmel():
    cases = []
    for n, rate, n_fft, win, hop, window, center, padding, bands, low, high, htk, norm, ref, top in LOG_MELS:
        power = librosa.feature.melspectrogram(
            y=sounds(n), sr=rate, n_fft=n_fft, win_length=win, hop_length=hop, window=window, center=center,
            pad_mode=padding, power=2.0, n_mels=bands, fmin=low, fmax=high, htk=htk, norm=norm, dtype=np.float64,
        )
        db = librosa.power_to_db(power, ref=np.max if ref == "max" else ref, amin=1e-10, top_db=top)
        settings = {
            "sampleRate": rate, "nFft": n_fft, "winLength": win, "hopLength": hop, "window": window,
            "center": center, "padMode": padding, "bands": bands, "fMin": low, "fMax": high,
            "melScale": "htk" if htk else "slaney", "melNorm": norm or "none", "ref": ref, "amin": 1e-10, "topDb": top,
        }
        values = [round(float(v), 6) for v in db.ravel()]
        cases.append({"samples": n, "settings": settings, "frames": db.shape[1], "db": values})
    save("logmel", cases)


def mel():
    banks = []
    for rate, n_fft, bands, low, high, htk, norm in [
        (2000, 256, 64, 20, 900, False, "slaney"), (2000, 256, 20, 0, 1000, True, None), (16000, 512, 40, 0, 8000, False, None),
    ]:
        weights = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=bands, fmin=low, fmax=high, htk=htk, norm=norm, dtype=np.float64)
        rows = [[int(np.nonzero(row)[0][0]), [float(v) for v in row[np.nonzero(row)]]] for row in weights]
        settings = {"sampleRate": rate, "nFft": n_fft, "bands": bands, "fMin": low, "fMax": high,
                    "scale": "htk" if htk else "slaney", "norm": norm or "none"}
        banks.append({"settings": settings, "rows": rows})
    save("mel", banks)


def filters():
    cases = []
    for order, low, high, rate in [(2, 25, 400, 2000), (2, 20, 900, 2000), (1, 100, 110, 4000), (3, 40, 700, 2000), (5, 60, 300, 1000)]:
        sos = scipy.signal.butter(order, [low, high], "bandpass", fs=rate, output="sos")
        out = scipy.signal.sosfiltfilt(sos, signal(300, seed=order) + 0.25)
        cases.append({"order": order, "low": low, "high": high, "rate": rate, "out": [float(v) for v in out]})
    save("filter", cases)


def smooth(n, seed):
    """Sixteenths of sums of nine neighbours, as float32, with spikes that grow."""
    x = signal(n + 8, seed)
    y = np.array([x[i : i + 9].sum() / 16 for i in range(n)])
    for i, at in enumerate([700, 701, 1999, 2000, 3333, 9600]):
        y[at] = (4 + i) * (-1) ** i
    return y.astype(np.float32).astype(np.float64)


def schmidt(x, rate):
    """Schmidt et al. 2010 after Springer's schmidt_spike_removal.m, with 0 for its 0.0001."""
    size = round(rate / 2)
    frames = x[: len(x) // size * size].reshape(-1, size).copy()
    peaks = np.abs(frames).max(axis=1)
    while (peaks > 3 * np.median(peaks)).any():
        w = int(np.argmax(peaks))
        frame = frames[w]
        spike = int(np.argmax(np.abs(frame)))
        crossing = np.append(np.abs(np.diff(np.sign(frame))) > 1, False)
        before = np.nonzero(crossing[: spike + 1])[0]
        after = np.nonzero(crossing[spike + 1 :])[0]
        start = before[-1] if len(before) else 0
        end = after[0] + spike + 1 if len(after) else size - 1
        frame[start : end + 1] = 0
        peaks = np.abs(frames).max(axis=1)
    return np.append(frames.ravel(), x[frames.size :])


def spikes():
    cases = []
    for seed in (1, 2, 3):
        x = smooth(9700, seed)
        changed = np.nonzero(schmidt(x, 2000) != x)[0]
        cases.append({"seed": seed, "changed": [int(i) for i in changed]})
    save("spikes", cases)


PARTS = {"elementary": elementary, "logmel": logmel, "mel": mel, "filters": filters, "spikes": spikes}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
