"""Writes test/golden/dsp/compressed.json: small FLAC and MP3 files as libsndfile writes them, and what it decodes of them.

Run with a Python that has numpy and soundfile (libsndfile 1.1 or newer): python bench/peers/compressed_goldens.py
FLAC: SHA-256 of the samples (float32, little-endian, interleaved), which must be met exactly. MP3: every STRIDE-th
sample, which must be met nearly. The signal is a 31-bit linear congruential sequence over slow triangles; nothing is
recorded from anybody.
"""

import base64
import hashlib
import io
import json
import pathlib

import numpy as np
import soundfile as sf

OUT = pathlib.Path(__file__).resolve().parents[2] / "test" / "golden" / "dsp" / "compressed.json"
STRIDE = 7
files = []


def signal(frames, channels, noise, seed=1):
    """[frames, channels] in (-1, 1): each channel a triangle of its own period, noise on top."""
    out = np.empty((frames, channels))
    state = seed
    for i in range(frames):
        for c in range(channels):
            state = (state * 1103515245 + 12345) % 2147483648
            period = 50 + 13 * c
            triangle = 4 * abs((i % period) / period - 0.5) - 1
            out[i, c] = 0.8 * triangle + noise * ((state >> 8) / 4194304 - 1)
    return out


def encoded(samples, rate, **how):
    file = io.BytesIO()
    sf.write(file, samples, rate, **how)
    data = file.getvalue()
    decoded, rate = sf.read(io.BytesIO(data), dtype="float32", always_2d=True)
    return data, decoded, rate


def base64_of(data):
    return base64.b64encode(data).decode()


def add(name, data, decoded, rate, **expected):
    frames, channels = decoded.shape
    files.append({"name": name, "rate": rate, "channels": channels, "frames": frames, **expected, "file": base64_of(data)})


def add_flac(name, samples, rate, subtype):
    data, decoded, rate = encoded(samples, rate, format="FLAC", subtype=subtype)
    digest = hashlib.sha256(decoded.astype("<f4").tobytes()).hexdigest()
    add(name, data, decoded, rate, kind="FLAC", sha256=digest)


def add_mp3(name, samples, rate):
    data, decoded, rate = encoded(samples, rate, format="MP3", subtype="MPEG_LAYER_III")
    strided = base64_of(decoded[::STRIDE].astype("<f4").tobytes())
    add(name, data, decoded, rate, kind="MP3", stride=STRIDE, samples=strided)


for bits, subtype in (8, "PCM_S8"), (16, "PCM_16"), (24, "PCM_24"):
    for channels in 1, 2, 3:
        add_flac(f"{bits} bits, {channels} ch", signal(200, channels, 0.01), 2000, subtype)
    top, bottom = 2**31 - 2 ** (32 - bits), -(2**31)
    extremes = np.array([top, bottom, 0, top - 2 ** (32 - bits), bottom + 2 ** (32 - bits), 2 ** (32 - bits)] * 40)
    add_flac(f"{bits} bits, extremes", extremes.astype(np.int32), 4000, subtype)
add_flac("16 bits, many frames", signal(8500, 1, 0.0001), 44100, "PCM_16")
add_flac("16 bits, unusual rate", signal(300, 1, 0.01), 12345, "PCM_16")
add_mp3("MPEG 2.5, mono", signal(4000, 1, 0.01), 8000)
add_mp3("MPEG 2, mono", signal(5000, 1, 0.01), 22050)
add_mp3("MPEG 1, stereo", signal(5000, 2, 0.01), 44100)

lines = ",\n".join(json.dumps(file, separators=(",", ":")) for file in files)
OUT.write_text(f'{{"made_with":"soundfile {sf.__version__} ({sf.__libsndfile_version__})","files":[\n{lines}\n]}}\n')
print(f"{len(files)} files, {OUT.stat().st_size} bytes")
