"""PyTorch's side of bench/gpu: the same networks with our weights, on CUDA, as users run them. Reads one JSON request
a line, answers with one a line, and times itself by wall clock and by CUDA events. Started by bench/gpu/torch.ts; needs
torch and NumPy. On `cpu` the eager ways run too: to try the bench without a GPU.
"""
import json
import platform
import sys
import time
import types

import numpy as np
import torch
import torch.nn.functional as F

from pcg_lite import PcgLite
from reference_step import ReferenceStep

ARCHITECTURES = {"reference-step": ReferenceStep, "pcg-lite": PcgLite}
DROPOUT = (torch.nn.Dropout, torch.nn.Dropout2d)
GROUP_SECONDS, MOST_STEPS = 0.1, 20  # as in bench/gpu/turns.ts
runs = {}


def synchronise(device):
    if device == "cuda":
        torch.cuda.synchronize()


def set_tf32(on):
    """float32 means float32 unless a way of running says otherwise."""
    torch.backends.cuda.matmul.allow_tf32 = on
    torch.backends.cudnn.allow_tf32 = on


def own_code(function):
    """The same function with a code object of its own: Dynamo keeps what it compiles by that, and gives up after eight."""
    code = function.__code__.replace()
    return types.FunctionType(code, function.__globals__, function.__name__, None, function.__closure__)


class Run:
    """One network being trained in one way."""

    def __init__(self, model, bands, weights, index, input, shape, labels, device, compiled=False, graph=False,
                 fused=False, tf32=False, dropout=True):
        if (graph or device == "cuda") and not torch.cuda.is_available():
            raise RuntimeError("no CUDA device")
        self.device, self.tf32 = device, tf32
        set_tf32(tf32)
        torch.backends.cudnn.benchmark = True  # the fastest of cuDNN's algorithms for these shapes
        self.network = ARCHITECTURES[model](bands=bands).to(device).train()
        if not dropout:
            for module in self.network.modules():
                if isinstance(module, DROPOUT):
                    module.p = 0.0
        self.index = index
        self.initial = torch.from_numpy(np.fromfile(weights, dtype="<f4")).to(device)
        self.x = torch.from_numpy(np.fromfile(input, dtype="<f4").reshape(shape)).to(device)
        self.y = torch.tensor(labels, device=device)
        self.load()
        named = self.network.named()
        decayed = [named[entry["path"]] for entry in index if entry["decayed"]]
        others = [p for p in self.network.parameters() if all(p is not q for q in decayed)]
        groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
        options = {"lr": 1e-3, **({"fused": True} if fused else {}), **({"capturable": True} if graph else {})}
        self.optimizer = torch.optim.AdamW(groups, **options)
        loss_of = own_code(lambda x, y: F.cross_entropy(self.network(x), y))
        self.loss_of = torch.compile(loss_of, fullgraph=True, dynamic=False) if compiled else loss_of
        self.step = self.eager
        if graph:
            self.capture()

    def load(self):
        """Puts our values in place; the tensors stay the same, as a captured graph needs."""
        named, offset = self.network.named(), 0
        if list(named) != [entry["path"] for entry in self.index]:
            raise ValueError(f"variables are {list(named)} here")
        with torch.no_grad():
            for path, tensor in named.items():
                count = tensor.numel()
                tensor.copy_(self.initial[offset:offset + count].reshape(tensor.shape))
                offset += count
        if offset != self.initial.numel():
            raise ValueError(f"{self.initial.numel()} values were given, the network has {offset}")

    def eager(self):
        self.optimizer.zero_grad(set_to_none=True)
        self.loss = self.loss_of(self.x, self.y)
        self.loss.backward()
        self.optimizer.step()

    def capture(self):
        """The whole step as one CUDA graph: forward, backward, AdamW."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self.eager()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph):
            self.eager()
        self.step = graph.replay
        self.load()
        for state in self.optimizer.state.values():
            for value in state.values():
                value.zero_()

    def losses(self, count):
        """Of steps from the weights as given, each before its update."""
        set_tf32(self.tf32)
        values = []
        for _ in range(count):
            self.step()
            values.append(self.loss.item())
        return values

    def group(self, size):
        """Seconds a step by the clock and by events around the steps, gaps between kernels included."""
        events = [torch.cuda.Event(enable_timing=True) for _ in range(2)] if self.device == "cuda" else None
        start = time.perf_counter()
        if events:
            events[0].record()
        for _ in range(size):
            self.step()
        if events:
            events[1].record()
        synchronise(self.device)
        wall = (time.perf_counter() - start) / size
        return wall, events[0].elapsed_time(events[1]) / 1e3 / size if events else None

    def times(self, seconds, size=None):
        set_tf32(self.tf32)
        if size is None:
            self.group(3)
            size = max(1, min(MOST_STEPS, int(GROUP_SECONDS / self.group(3)[0])))
        self.group(size)
        groups, end = [], time.perf_counter() + seconds
        while len(groups) < 3 or time.perf_counter() < end:
            groups.append(self.group(size))
        if not np.isfinite(self.loss.item()):
            raise ValueError("the loss is not finite")
        return {"wall": [wall for wall, _ in groups], "device": [device for _, device in groups if device is not None]}


def prepare(id, check, **arguments):
    """Makes a run that can be timed; where `check` is not 0, first says its losses without dropout."""
    losses = []
    if check:
        losses = Run(dropout=False, **arguments).losses(check)
    runs[id] = Run(**arguments)
    return losses


def timed(id, seconds, size=None):
    return runs[id].times(seconds, size)


def release(id):
    runs.pop(id, None)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
        torch.cuda.empty_cache()
    return True


def rate_of(body, work, repeats=9):
    """`work` per nanosecond: the median of some."""
    times = []
    for i in range(repeats + 1):
        events = [torch.cuda.Event(enable_timing=True) for _ in range(2)]
        events[0].record()
        body()
        events[1].record()
        torch.cuda.synchronize()
        if i:
            times.append(events[0].elapsed_time(events[1]) * 1e6)
    return work / float(np.median(times))


def ceilings(copy_bytes, size):
    """A copy and a matrix product by NVIDIA's libraries: GB/s, GFLOP/s in float32 and with TF32."""
    if not torch.cuda.is_available():
        raise RuntimeError("no CUDA device")
    source = torch.randn(copy_bytes // 4, device="cuda")
    target = torch.empty_like(source)
    copy = rate_of(lambda: target.copy_(source), 2 * copy_bytes)
    a, b = torch.randn(size, size, device="cuda"), torch.randn(size, size, device="cuda")
    rates = {}
    for name, on in (("matmul", False), ("matmulTf32", True)):
        set_tf32(on)
        rates[name] = rate_of(lambda: torch.mm(a, b), 2 * size ** 3)
    return {"copy": copy, **rates}


COMMANDS = {"prepare": prepare, "time": timed, "release": release, "ceilings": ceilings}


def main():
    answer = lambda content: print(json.dumps(content), flush=True)
    cuda = torch.cuda.is_available()
    answer({"python": platform.python_version(), "torch": torch.__version__,
            "device": torch.cuda.get_device_name() if cuda else "no CUDA device",
            "cuda": str(torch.version.cuda), "cudnn": str(torch.backends.cudnn.version()) if cuda else "none"})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer({"value": COMMANDS[request.pop("command")](**request)})
        except Exception as error:  # told to the other side, which decides
            answer({"error": f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"})


main()
