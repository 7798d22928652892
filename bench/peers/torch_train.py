"""The training run of bench/training-run.ts in PyTorch, librosa and SciPy, as a user would write it: features, epochs with
a validation after each, the averaged weights of the best epoch on the test part. One JSON file in, one document out.
"""
import json
import math
import multiprocessing
import resource
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import rankdata

from extraction import features, plan
from pcg_lite import PcgLite


def one(job):
    return features(*job)


def auc(labels, scores):
    labels, ranks = np.asarray(labels), rankdata(scores)
    positive, negative = (labels == 1).sum(), (labels == 0).sum()
    return float((ranks[labels == 1].sum() - positive * (positive + 1) / 2) / (positive * negative))


def window(data, start, frames):
    if data.shape[1] >= start + frames:
        return data[:, start:start + frames]
    return np.take(data, np.arange(start, start + frames), axis=1, mode="wrap")


def judge(network, recordings, frames, step, batch):
    """Mean probability of class 1 over windows that cover each recording."""
    places = []
    for i, each in enumerate(recordings):
        last = max(0, each["data"].shape[1] - frames)
        starts = [*range(0, last, step), last]
        places += [(i, start) for start in starts]
    sums, counts = np.zeros(len(recordings)), np.zeros(len(recordings))
    network.eval()
    with torch.inference_mode():
        for at in range(0, len(places), batch):
            chosen = places[at:at + batch]
            x = np.stack([window(recordings[i]["data"], start, frames) for i, start in chosen])[:, None]
            for (i, _), p in zip(chosen, network(torch.from_numpy(x).to(memory_format=torch.channels_last)).softmax(1)[:, 1].tolist()):
                sums[i] += p
                counts[i] += 1
    return sums / counts


def order(recordings, count, rng):
    """Sites by their share, classes in turns within each, as balance 'site' has it."""
    sites = sorted({each["site"] for each in recordings})
    decks, shares = [], []
    for site in sites:
        members = [i for i, each in enumerate(recordings) if each["site"] == site]
        by_class = [[i for i in members if recordings[i]["label"] == label] for label in (0, 1)]
        decks.append({"classes": [(list(m), []) for m in by_class if m], "turn": 0})
        shares.append(len(members) / len(recordings))
    for site in rng.choice(len(sites), count, p=shares):
        deck = decks[site]
        numbers, rest = deck["classes"][deck["turn"] % len(deck["classes"])]
        deck["turn"] += 1
        if not rest:
            rest.extend(rng.permutation(numbers))
        yield rest.pop()


def rate(step, total, warmup, peak, floor=0.01):
    if step < warmup:
        return peak * (step + 1) / warmup
    done = min(1, (step - warmup) / max(1, total - warmup))
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * done)))


def fit(parts, config, frames, initial, weights):
    rng = np.random.default_rng(config["seed"])
    torch.manual_seed(config["seed"])
    # The layout that PyTorch's tuning guide recommends for convolutions.
    network, average = (PcgLite().to(memory_format=torch.channels_last) for _ in range(2))
    named, values, offset = network.named(), torch.from_numpy(np.fromfile(initial["path"], dtype="<f4")), 0
    if list(named) != [path for path, _ in initial["index"]]:
        raise ValueError(f"variables are {list(named)} here")
    with torch.no_grad():
        for path, size in initial["index"]:
            named[path].copy_(values[offset:offset + size].reshape(named[path].shape))
            offset += size
    average.load_state_dict(network.state_dict())
    pairs = [(a, m) for a, m in zip(average.state_dict().values(), network.state_dict().values()) if a.is_floating_point()]
    averaged, followed = [a for a, _ in pairs], [m for _, m in pairs]
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=config["weightDecay"])
    train, validation = parts["train"], parts["validation"]
    batch = config["batchSize"]
    count = max(batch, round(len(train) * config["cropsPerRecording"]))
    steps = count // batch
    total, warmup = config["epochs"] * steps, round(config["warmupEpochs"] * steps)
    best, step = (-1.0, None), 0
    for _ in range(config["epochs"]):
        chosen = list(order(train, count, rng))
        for k in range(steps):
            rows = [train[i] for i in chosen[k * batch:(k + 1) * batch]]
            starts = [rng.integers(max(1, each["data"].shape[1] - frames + 1)) for each in rows]
            x = torch.from_numpy(np.stack([window(r["data"], s, frames) for r, s in zip(rows, starts)])[:, None])
            x = x.to(memory_format=torch.channels_last)
            y = torch.tensor([each["label"] for each in rows])
            for group in optimizer.param_groups:
                group["lr"] = rate(step, total, warmup, config["learningRate"])
            network.train()
            optimizer.zero_grad()
            F.cross_entropy(network(x), y, label_smoothing=config["labelSmoothing"]).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), config["clipNorm"])
            optimizer.step()
            with torch.no_grad():
                torch._foreach_lerp_(averaged, followed, 1 - min(config["emaDecay"], (1 + step) / (10 + step)))
            step += 1
        score = auc([each["label"] for each in validation], judge(average, validation, frames, frames, batch))
        torch.save(network.state_dict(), weights)
        if score > best[0]:
            best = (score, {name: value.clone() for name, value in average.state_dict().items()})
    average.load_state_dict(best[1])
    return average, best[0], step


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    parts, config, frames, threads = request["parts"], request["config"], request["frames"], request["threads"]
    settings = plan(config["features"])
    everything = [each for part in parts.values() for each in part]
    start = time.perf_counter()
    with multiprocessing.Pool(threads) as pool:
        for each, data in zip(everything, pool.map(one, [(e["path"], settings) for e in everything], chunksize=8)):
            each["data"] = data.astype(np.float32)
    ready = time.perf_counter()
    torch.set_num_threads(threads)
    network, validation, steps = fit(parts, config, frames, request["initial"], request["weights"])
    trained = time.perf_counter()
    test = parts["test"]
    score = auc([each["label"] for each in test], judge(network, test, frames, max(1, frames // 2), config["batchSize"]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"auc": score, "validation": validation, "steps": steps, "peak": 1024 * peak,
                      "parameters": sum(p.numel() for p in network.parameters()), "torch": torch.__version__,
                      "timings": {"features": ready - start, "training": trained - ready,
                                  "judging": time.perf_counter() - trained}}))


if __name__ == "__main__":
    main()
