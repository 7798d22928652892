"""PyTorch's and librosa's side of the benchmarks: reads one JSON request a line, answers with one a line, and times
runs itself. Started by bench/peers/python.ts; needs torch, librosa and onnx.
"""
import json
import platform
import sys
import time

import librosa
import numpy as np
import torch
import torch.nn.functional as F

from pcg_lite import PcgLite
from reference_step import ReferenceStep

ARCHITECTURES = {"reference-step": ReferenceStep, "pcg-lite": PcgLite}
state = {}


def samples_of(body, seconds):
    """Seconds of each run: two to warm up, then at least five, until the time is over."""
    for _ in range(2):
        body()
    times, end = [], time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        body()
        times.append(time.perf_counter() - start)
    return times


def images(path, shape):
    """In the layout that PyTorch's tuning guide recommends for convolutions on the CPU: a fifth less time than the default."""
    return torch.from_numpy(np.fromfile(path, dtype="<f4").reshape(shape)).to(memory_format=torch.channels_last)


def load(model, bands, weights, index):
    """Builds a model with our weights: `weights` holds float32 values, `index` [path, count, shape] in their order."""
    network = ARCHITECTURES[model](bands=bands).to(memory_format=torch.channels_last)
    values, offset = torch.from_numpy(np.fromfile(weights, dtype="<f4")), 0
    named = network.named()
    if list(named) != [path for path, *_ in index]:
        raise ValueError(f"variables are {list(named)} here")
    with torch.no_grad():
        for path, count, _ in index:
            named[path].copy_(values[offset:offset + count].reshape(named[path].shape))
            offset += count
    state["network"] = network
    return sum(p.numel() for p in network.parameters())


def without_dropout():
    for module in state["network"].modules():
        if isinstance(module, (torch.nn.Dropout, torch.nn.Dropout2d)):
            module.eval()


def logits(input, shape, **_):
    with torch.no_grad():
        return state["network"].eval()(images(input, shape)).reshape(-1).tolist()


def losses(input, shape, labels, count):
    """Of training steps without dropout, each before its update."""
    network = state["network"].train()
    without_dropout()
    x, y = images(input, shape), torch.tensor(labels)
    optimizer = torch.optim.AdamW(network.parameters())
    values = []
    for _ in range(count):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(x), y)
        loss.backward()
        optimizer.step()
        values.append(loss.item())
    return values


def export(path, bands, frames):
    network = state["network"].eval()
    axes = {"x": {0: "n"}, "logits": {0: "n"}}
    torch.onnx.export(network, (torch.zeros(1, 1, bands, frames),), path, dynamo=False, opset_version=17,
                      input_names=["x"], output_names=["logits"], dynamic_axes=axes)
    return True


def train_body(input, shape, labels):
    network = state["network"].train()
    x, y = images(input, shape), torch.tensor(labels)
    optimizer = torch.optim.AdamW(network.parameters())

    def step():
        optimizer.zero_grad()
        F.cross_entropy(network(x), y).backward()
        optimizer.step()
    return step


def inference_body(input, shape, **_):
    network, x = state["network"].eval(), images(input, shape)

    def run():
        with torch.inference_mode():
            network(x)
    return run


def frozen_body(input, shape, **_):
    """Batchnorm folded, oneDNN's layouts throughout: what PyTorch offers for inference on the CPU without another compiler."""
    network, x = state["network"].eval(), images(input, shape)
    with torch.inference_mode():
        frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(network, x)))
        expected, given = network(x), frozen(x)
        if (given - expected).abs().max() > 1e-4 * expected.abs().max():
            raise ValueError("frozen, it gives other logits")
        for _ in range(5):  # it is compiled in the first calls
            frozen(x)

    def run():
        with torch.inference_mode():
            frozen(x)
    return run


def matmul_body(a, b, size):
    x, y = (torch.from_numpy(np.fromfile(path, dtype="<f4").reshape(size, size)) for path in (a, b))
    return lambda: x @ y


def matmul(a, b, size, output):
    matmul_body(a, b, size)().numpy().tofile(output)
    return True


def log_mel(signal, s):
    mel = librosa.feature.melspectrogram(
        y=signal, sr=s["sampleRate"], n_fft=s["nFft"], hop_length=s["hopLength"], win_length=s["winLength"],
        window="hann", center=True, pad_mode="constant", power=2.0, n_mels=s["bands"], fmin=s["fMin"], fmax=s["fMax"])
    return librosa.power_to_db(mel, ref=1.0, amin=1e-10, top_db=80.0)


def log_mel_planned(signal, s, filters):
    """The same with the filterbank made once, as a careful user would."""
    spectrum = librosa.stft(signal, n_fft=s["nFft"], hop_length=s["hopLength"], win_length=s["winLength"],
                            window="hann", center=True, pad_mode="constant")
    return librosa.power_to_db(filters @ (np.abs(spectrum) ** 2), ref=1.0, amin=1e-10, top_db=80.0)


def log_mel_body(input, settings, planned):
    signal = np.fromfile(input, dtype="<f4")
    if not planned:
        return lambda: log_mel(signal, settings)
    filters = librosa.filters.mel(sr=settings["sampleRate"], n_fft=settings["nFft"], n_mels=settings["bands"],
                                  fmin=settings["fMin"], fmax=settings["fMax"])
    return lambda: log_mel_planned(signal, settings, filters)


BODIES = {"train": train_body, "inference": inference_body, "frozen": frozen_body, "matmul": matmul_body,
          "log-mel": log_mel_body}


def timed(task, seconds, threads=None, **arguments):
    if threads is not None:
        torch.set_num_threads(threads)
    return samples_of(BODIES[task](**arguments), seconds)


def log_mel_values(input, settings, output, planned):
    log_mel_body(input, settings, planned)().astype("<f4").tofile(output)
    return True


COMMANDS = {"load": load, "logits": logits, "losses": losses, "export": export, "time": timed, "matmul": matmul,
            "log-mel": log_mel_values}


def main():
    answer = lambda content: print(json.dumps(content), flush=True)
    answer({"python": platform.python_version(), "torch": torch.__version__, "librosa": librosa.__version__})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer({"value": COMMANDS[request.pop("command")](**request)})
        except Exception as error:  # told to the other side, which decides
            answer({"error": f"{type(error).__name__}: {error}"})


main()
