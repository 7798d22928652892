"""librosa's side of bench/extraction.ts: features of many recordings by a pool of processes. One JSON request a line,
one answer a line, as torch_peer.py. Started by bench/peers/python.ts; needs librosa, scipy and soundfile.
"""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import json
import multiprocessing
import platform
import sys
import time

import librosa
import numpy as np
import scipy
import scipy.signal
import soundfile

state = {"pool": None, "processes": 0}


def features(path, settings):
    """Read, band-pass, normalise, log-mel, standardise per band: [bands, frames]."""
    y, rate = soundfile.read(path, dtype="float32")
    if rate != settings["sampleRate"] or y.ndim != 1:
        raise ValueError(f"{path} is not mono at {settings['sampleRate']} Hz")
    sos = settings["sos"]
    y = scipy.signal.sosfiltfilt(sos, y)
    y = (0.1 * y / np.sqrt(np.mean(y * y))).astype(np.float32)
    mel = settings["logMel"]
    power = librosa.feature.melspectrogram(
        y=y, sr=rate, n_fft=mel["nFft"], hop_length=mel["hopLength"], win_length=mel["winLength"],
        window="hann", center=True, pad_mode="constant", power=2.0, n_mels=mel["bands"], fmin=mel["fMin"],
        fmax=mel["fMax"], htk=False, norm="slaney")
    db = librosa.power_to_db(power, ref=1.0, amin=mel["amin"], top_db=mel["topDb"])
    return (db - db.mean(axis=1, keepdims=True)) / np.maximum(db.std(axis=1, keepdims=True), 1e-6)


def count(job):
    """Features stay in the process that made them: what is timed is their making and not their way back."""
    return features(*job).shape[1]


def plan(settings):
    band = settings["bandPass"]
    sos = scipy.signal.butter(band["order"], [band["low"], band["high"]], "bandpass", fs=settings["sampleRate"],
                              output="sos")
    return {**settings, "sos": sos}


def run(paths, settings, processes):
    """Seconds for all, with processes that are up and have everything imported."""
    if state["processes"] != processes:
        if state["pool"]:
            state["pool"].terminate()
        state.update(pool=multiprocessing.Pool(processes), processes=processes)
        state["pool"].map(count, [(path, plan(settings)) for path in paths[:4 * processes]], chunksize=1)
    jobs = [(path, plan(settings)) for path in paths]
    start = time.perf_counter()
    frames = sum(state["pool"].imap_unordered(count, jobs, chunksize=8))
    return time.perf_counter() - start, frames


def answer(request):
    paths = open(request["list"], encoding="utf-8").read().splitlines()
    settings = request["settings"]
    if request["command"] == "features":
        parts = [features(path, plan(settings)).astype("<f4").ravel() for path in paths]
        np.concatenate(parts).tofile(request["output"])
        return [len(part) for part in parts]
    times, end = [], time.perf_counter() + request["seconds"]
    while not times or time.perf_counter() < end:
        seconds, _ = run(paths, settings, request["processes"])
        times.append(seconds)
    return times


if __name__ == "__main__":
    print(json.dumps({"python": platform.python_version(), "librosa": librosa.__version__,
                      "scipy": scipy.__version__, "soundfile": soundfile.__version__}), flush=True)
    for line in sys.stdin:
        try:
            print(json.dumps({"value": answer(json.loads(line))}), flush=True)
        except Exception as error:
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
    if state["pool"]:
        state["pool"].terminate()
