"""Writes test/golden/dsp/wav.json: small WAV files in every codec that libsndfile writes or SciPy reads, and the SHA-256
of their samples (float32, little-endian, interleaved) as these two decode them.

Run with a Python that has numpy, scipy and soundfile: python bench/peers/wav_goldens.py
The signal is a 31-bit linear congruential sequence over a slow triangle; nothing is recorded from anybody.
"""

import base64
import hashlib
import io
import json
import pathlib
import struct
import warnings

import numpy as np
import scipy
import scipy.io.wavfile
import soundfile as sf

warnings.simplefilter("ignore", scipy.io.wavfile.WavFileWarning)
OUT = pathlib.Path(__file__).resolve().parents[2] / "test" / "golden" / "dsp" / "wav.json"
files = []


def signal(frames, channels, seed=1):
    """[frames, channels] in (-1, 1): each channel a triangle of its own period, a tenth of noise on top."""
    out = np.empty((frames, channels))
    state = seed
    for i in range(frames):
        for c in range(channels):
            state = (state * 1103515245 + 12345) % 2147483648
            period = 50 + 13 * c
            triangle = 4 * abs((i % period) / period - 0.5) - 1
            out[i, c] = 0.8 * triangle + 0.1 * ((state >> 8) / 4194304 - 1)
    return out


def add(name, data, samples, rate, encoding, bits, by):
    """`samples` [frames, channels] in float64: what the file must decode to, once rounded to float32."""
    samples = np.asarray(samples, dtype=np.float64)
    with np.errstate(over="ignore"):
        floats = np.ascontiguousarray(samples.astype("<f4"))
    files.append({
        "name": name, "by": by, "rate": rate, "channels": floats.shape[1], "frames": floats.shape[0],
        "encoding": encoding, "bits": bits, "sha256": hashlib.sha256(floats.tobytes()).hexdigest(),
        "first": [float(v) for v in floats.reshape(-1)[:6]], "file": base64.b64encode(data).decode(),
    })


def by_soundfile(data, dtype="float64"):
    samples, rate = sf.read(io.BytesIO(data), dtype=dtype, always_2d=True)
    return samples, rate


def by_scipy(data):
    """Samples in [-1, 1) as SciPy has them: integers by their container, 8 bits and fewer unsigned."""
    rate, raw = scipy.io.wavfile.read(io.BytesIO(data))
    raw = raw[:, None] if raw.ndim == 1 else raw
    if raw.dtype.kind == "f":
        return raw.astype(np.float64), rate
    if raw.dtype == np.uint8:
        return (raw.astype(np.float64) - 128) / 128, rate
    return raw.astype(np.float64) / 2.0 ** (8 * raw.dtype.itemsize - 1), rate


def chunk(name, body, order="<"):
    return name + struct.pack(order + "I", len(body)) + body + b"\0" * (len(body) % 2)


def riff(chunks, magic=b"RIFF"):
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack(">I" if magic == b"RIFX" else "<I", len(body)) + body


def position(data, name):
    return data.index(name) + 8


def written(frames, channels, subtype, rate=2000, **options):
    out = io.BytesIO()
    sf.write(out, signal(frames, channels), rate, subtype=subtype, **{"format": "WAV", **options})
    return out.getvalue()


ENCODINGS = {
    "PCM_U8": ("pcm", 8), "PCM_16": ("pcm", 16), "PCM_24": ("pcm", 24), "PCM_32": ("pcm", 32), "FLOAT": ("float", 32),
    "DOUBLE": ("float", 64), "ALAW": ("alaw", 8), "ULAW": ("mulaw", 8),
}


def plain():
    """All that libsndfile writes sample by sample; SciPy must agree wherever it reads the file."""
    plans = [(f, "FILE", c) for f in ("WAV",) for c in (1, 2, 3)] + [("WAV", "BIG", 2), ("WAVEX", "FILE", 3), ("RF64", "FILE", 1)]
    for subtype, (encoding, bits) in ENCODINGS.items():
        for container, endian, channels in plans:
            data = written(61, channels, subtype, format=container, endian=endian)
            samples, rate = by_soundfile(data)
            by = "soundfile"
            if encoding in ("pcm", "float"):
                assert np.array_equal(by_scipy(data)[0], samples), (subtype, container, endian)
                by = "soundfile, scipy"
            add(f"{container} {subtype} {channels} ch {endian}".replace(" FILE", ""), data, samples, rate, encoding, bits, by)


def every_code():
    """All 256 codes of G.711; the zero of µ-law that is negative is a zero like the other."""
    for tag, encoding in ((6, "alaw"), (7, "mulaw")):
        fmt = struct.pack("<HHIIHH", tag, 1, 8000, 8000, 1, 8)
        data = riff([chunk(b"fmt ", fmt), chunk(b"data", bytes(range(256)))])
        samples, rate = by_soundfile(data)
        add(f"{encoding} every code", data, samples, rate, encoding, 8, "soundfile")


def blocks_of(data):
    """Block size, samples per block, and the bytes of `data`, of an ADPCM file."""
    order = ">" if data[:4] == b"RIFX" else "<"
    at = position(data, b"fmt ")
    align, = struct.unpack_from(order + "H", data, at + 12)
    per_block, = struct.unpack_from(order + "H", data, at + 18)
    body = position(data, b"data")
    size, = struct.unpack_from(order + "I", data, body - 4)
    return align, per_block, body, size


def frames_by_fact(data, channels, held):
    """What `fact` leaves of the last block. libsndfile reads all; for IMA it writes a count divided by the channels."""
    order = ">" if data[:4] == b"RIFX" else "<"
    align, per_block, _, size = blocks_of(data)
    fact, = struct.unpack_from(order + "I", data, position(data, b"fact"))
    in_last = (-(-size // align) - 1) * per_block < fact <= held
    return fact if in_last and not (channels > 1 and fact == held // channels) else held


def adpcm():
    for subtype, encoding in (("IMA_ADPCM", "ima-adpcm"), ("MS_ADPCM", "ms-adpcm")):
        for frames, channels, rate, endian in ((1100, 1, 2000, "FILE"), (600, 2, 4000, "FILE"), (5000, 1, 44100, "FILE"),
                                               (300, 2, 2000, "BIG"), (505, 1, 2000, "FILE"), (1, 1, 2000, "FILE")):
            data = written(frames, channels, subtype, rate, endian=endian)
            samples, _ = by_soundfile(data, "int16")
            samples = samples[: frames_by_fact(data, channels, len(samples))] / 32768
            add(f"{subtype} {frames}x{channels} {rate} {endian}".replace(" FILE", ""), data, samples, rate, encoding, 4, "soundfile")
        # a recording that stops within a block: what is there decodes as if the block went on, with zeros here
        data = written(1100, 1, subtype)
        align, per_block, body, _ = blocks_of(data)
        cut = align + 101
        short = data[:body - 4] + struct.pack("<I", cut) + data[body: body + cut] + b"\0"
        short = short[:4] + struct.pack("<I", len(short) - 8) + short[8:]
        whole = data[:body - 4] + struct.pack("<I", 2 * align) + data[body: body + cut] + bytes(align - 101)
        held = per_block + (1 + 2 * (101 - 4) if subtype == "IMA_ADPCM" else 2 + 2 * (101 - 7))
        samples, _ = by_soundfile(whole, "int16")
        add(f"{subtype} partial block", short, samples[:held] / 32768, 2000, encoding, 4, "soundfile")


def adpcm_three_channels():
    """libsndfile has no ADPCM of three channels: blocks of one channel are put together, as the standards say."""
    mono = [written(505, 1, "IMA_ADPCM")] + [None, None]
    out = io.BytesIO()
    for c in (1, 2):
        out = io.BytesIO()
        sf.write(out, signal(505, 3, 9)[:, c], 2000, format="WAV", subtype="IMA_ADPCM")
        mono[c] = out.getvalue()
    samples = np.concatenate([by_soundfile(m, "int16")[0] for m in mono], 1) / 32768
    blocks = [m[position(m, b"data"):][:256] for m in mono]
    words = [[b[4 + 4 * i: 8 + 4 * i] for i in range(63)] for b in blocks]
    body = b"".join(b[:4] for b in blocks) + b"".join(words[c][i] for i in range(63) for c in range(3))
    fmt = struct.pack("<HHIIHHHH", 17, 3, 2000, 3041, 768, 4, 2, 505)
    add("IMA_ADPCM 505x3", riff([chunk(b"fmt ", fmt), chunk(b"data", body)]), samples[:505], 2000, "ima-adpcm", 4, "soundfile")

    mono = []
    for c in range(3):
        out = io.BytesIO()
        sf.write(out, signal(500, 3, 5)[:, c], 2000, format="WAV", subtype="MS_ADPCM")
        mono.append(out.getvalue())
    samples = np.concatenate([by_soundfile(m, "int16")[0] for m in mono], 1) / 32768
    blocks = [m[position(m, b"data"):][:256] for m in mono]
    header = b"".join(b[0:1] for b in blocks) + b"".join(b[f: f + 2] for f in (1, 3, 5) for b in blocks)
    codes = [[n for byte in b[7:] for n in (byte >> 4, byte & 15)] for b in blocks]
    turns = [codes[c][i] for i in range(498) for c in range(3)]
    body = header + bytes(turns[i] * 16 + turns[i + 1] for i in range(0, len(turns), 2))
    fmt = struct.pack("<HHIIHHHHH", 2, 3, 2000, 3072, 768, 4, 32, 500, 7) + struct.pack("<14h", 256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232)
    add("MS_ADPCM 500x3", riff([chunk(b"fmt ", fmt), chunk(b"data", body)]), samples[:500], 2000, "ms-adpcm", 4, "soundfile")


def adpcm_noise():
    """Codes that no encoder would write: every clipping and growth of the step is reached."""
    state = 7
    def byte():
        nonlocal state
        state = (state * 1103515245 + 12345) % 2147483648
        return state >> 16 & 255
    for channels in (1, 2):
        body = b"".join(
            b"".join(struct.pack("<hBB", byte() * 256 - 32768 + byte(), byte() % 89, 0) for _ in range(channels))
            + bytes(byte() for _ in range(64 * channels)) for _ in range(3))
        fmt = struct.pack("<HHIIHHHH", 17, channels, 2000, 1000, 68 * channels, 4, 2, 129)
        data = riff([chunk(b"fmt ", fmt), chunk(b"data", body)])
        add(f"IMA_ADPCM noise {channels} ch", data, by_soundfile(data, "int16")[0] / 32768, 2000, "ima-adpcm", 4, "soundfile")
        body = b"".join(
            bytes(byte() % 7 for _ in range(channels)) + b"".join(struct.pack("<h", 16 + byte() // 8) for _ in range(channels))
            + b"".join(struct.pack("<h", (byte() - 128) * 256 + byte()) for _ in range(2 * channels))
            + bytes((0x00, 0x11, 0xff, 0xf0, 0x2e, byte())[byte() % 6] for _ in range(64 * channels)) for _ in range(3))
        fmt = struct.pack("<HHIIHHHHH", 2, channels, 2000, 1000, 71 * channels, 4, 32, 130, 7) + struct.pack("<14h", 256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232)
        data = riff([chunk(b"fmt ", fmt), chunk(b"data", body)])
        add(f"MS_ADPCM noise {channels} ch", data, by_soundfile(data, "int16")[0] / 32768, 2000, "ms-adpcm", 4, "soundfile")


def odd_widths():
    """Widths that libsndfile does not write and SciPy reads: the sample in the high bits of whole bytes."""
    values = signal(37, 2)
    for bits, size, order in ((5, 1, "<"), (12, 2, "<"), (20, 3, "<"), (24, 4, "<"), (36, 5, "<"), (45, 6, "<"), (53, 7, "<"), (64, 8, "<"), (20, 3, ">"), (40, 5, ">")):
        body = b""
        for value in values.reshape(-1):
            number = int(value * 2.0 ** (bits - 1)) << (8 * size - bits)
            number += 128 if size == 1 else 0
            body += number.to_bytes(size, "little" if order == "<" else "big", signed=size > 1)
        fmt = struct.pack(order + "HHIIHH", 1, 2, 8000, 8000 * 2 * size, 2 * size, bits)
        data = riff([chunk(b"fmt ", fmt, order), chunk(b"data", body, order)], b"RIFF" if order == "<" else b"RIFX")
        samples, rate = by_scipy(data)
        add(f"PCM {bits} in {size} bytes {order}", data, samples, rate, "pcm", bits, "scipy")


plain()
every_code()
adpcm()
adpcm_three_channels()
adpcm_noise()
odd_widths()
versions = f"soundfile {sf.__version__} ({sf.__libsndfile_version__}), SciPy {scipy.__version__}"
rows = ",\n".join(json.dumps(f, separators=(",", ":")) for f in files)
OUT.write_text(f'{{"made_with":"{versions}","files":[\n{rows}\n]}}\n')
print(len(files), "files,", OUT.stat().st_size, "bytes")
