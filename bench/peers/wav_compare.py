"""Compares what the WAV reader makes of files with what soundfile and SciPy make of them, sample by sample.

    node scripts/check-wavs.mjs FOLDER > ours.tsv
    python bench/peers/wav_compare.py FOLDER ours.tsv

Samples are compared as the SHA-256 of interleaved float32 (little-endian), integers divided by half their range. Prints
a line for each file on which a peer that reads it differs, then counts; exit code 1 if any differs.
"""

import hashlib
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import soundfile
from scipy.io import wavfile

warnings.simplefilter("ignore")


def digest(samples):
    values = np.ascontiguousarray(samples, dtype="<f4")
    # Any NaN is as good as another.
    values[np.isnan(values)] = np.nan
    return hashlib.sha256(values.tobytes()).hexdigest()


def by_soundfile(path):
    return digest(soundfile.read(path, dtype="float64", always_2d=True)[0])


def by_scipy(path):
    samples = wavfile.read(path)[1]
    if samples.dtype == np.uint8:
        return digest((samples.astype(np.float64) - 128) / 128)
    if samples.dtype.kind == "i":
        return digest(samples.astype(np.float64) / 2.0 ** (8 * samples.dtype.itemsize - 1))
    return digest(samples)


folder, listing = Path(sys.argv[1]), Path(sys.argv[2])
counts = Counter()
for line in listing.read_text().splitlines():
    kind, name, *rest = line.split("\t")[:3] if "\t" in line else ("", "")
    if kind not in ("ok", "error"):
        continue
    ours = rest[0].split()[5] if kind == "ok" else None
    for peer, read in (("soundfile", by_soundfile), ("SciPy", by_scipy)):
        try:
            theirs = read(str(folder / name))
        except Exception:  # whatever a peer says of a file that it cannot read
            theirs = None
        if ours is not None and theirs is not None:
            what = "same" if ours == theirs else "different"
        elif ours is None and theirs is None:
            what = "read by neither"
        else:
            what = "read by us alone" if theirs is None else f"read by {peer} alone"
        counts[peer, what] += 1
        if what not in ("same", "read by neither"):
            print(f"{peer}\t{name}\t{what}")
for (peer, what), number in sorted(counts.items()):
    print(f"{peer}: {number} {what}")
sys.exit(1 if any(what == "different" for _, what in counts) else 0)
