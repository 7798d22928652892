"""Writes test/golden/model/*.json with PyTorch's float64: the reference step network (logits, loss, gradients,
running statistics, ten training losses with AdamW), layers and losses. Run with PyTorch 2.13:
python bench/peers/golden_model.py
"""
import json
import pathlib

import torch
import torch.nn.functional as F
from torch import nn

from reference_step import ReferenceStep

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
torch.manual_seed(7)
folder = pathlib.Path(__file__).resolve().parents[2] / "test" / "golden" / "model"
folder.mkdir(parents=True, exist_ok=True)


def draw(*shape, scale=1.0, offset=0.0):
    """Normal values with three decimals: the file stays small and both sides start from the same numbers."""
    return torch.round((torch.randn(*shape) * scale + offset) * 1000) / 1000


def array(t, digits=13):
    values = [float(f"{v:.{digits}g}") for v in t.detach().reshape(-1).tolist()]
    return {"shape": list(t.shape), "values": [int(v) if v == int(v) else v for v in values]}


def write(name, content):
    path = folder / name
    rows = ",\n".join(f"{json.dumps(k)}:{json.dumps(v, separators=(',', ':'))}" for k, v in content.items())
    path.write_text(f'{{"made_with":"PyTorch {torch.__version__}",\n{rows}\n}}\n')
    print(name, path.stat().st_size, "bytes")


def reference_step():
    """One fixed batch, and ten steps on it."""
    model = ReferenceStep(bands=16, dropout=0.0)
    state = model.named()
    with torch.no_grad():
        for path, value in state.items():
            kind = path.split(".")[-1]
            norm = ".norm." in path
            if kind == "running_var" or (norm and kind == "weight"):
                value.copy_(draw(*value.shape, scale=0.1, offset=1.0))
            else:
                fan_in = value[0].numel() if value.dim() > 1 else 100
                value.copy_(draw(*value.shape, scale=(2 / fan_in) ** 0.5))
    x, labels = draw(4, 1, 16, 24), torch.tensor([0, 1, 1, 0])
    golden = {"input": array(x), "labels": labels.tolist(), "weights": {k: array(v) for k, v in state.items()}}

    model.eval()
    golden["inferenceLogits"] = array(model(x))
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.003, betas=(0.9, 0.98), eps=1e-8, weight_decay=0.05)
    golden["adamw"] = {"learningRate": 0.003, "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-8, "weightDecay": 0.05}
    losses = []
    for step in range(10):
        optimizer.zero_grad()
        logits = model(x)
        loss = F.cross_entropy(logits, labels)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            golden["logits"] = array(logits)
            golden["gradients"] = {k: array(v.grad, 11) for k, v in state.items() if v.grad is not None}
            golden["runningAfterOneStep"] = {k: array(v) for k, v in state.items() if "running" in k}
        optimizer.step()
    golden["losses"] = losses
    model.eval()
    golden["inferenceLogitsAfterTen"] = array(model(x))
    write("reference-step.json", golden)


def with_gradient(name, y, dy, inputs):
    """A case: values, output, and the gradients of sum(dy·y) with respect to every input."""
    grads = torch.autograd.grad(y, list(inputs.values()), dy)
    return {"name": name, "inputs": {k: array(v) for k, v in inputs.items()}, "upstream": array(dy),
            "output": array(y), "gradients": {k: array(g) for k, g in zip(inputs, grads)}}


def leaves(**inputs):
    return {k: v.requires_grad_() for k, v in inputs.items()}


def cross_entropy():
    cases = []
    logits = draw(5, 4, scale=2.0)
    hard, weights = torch.tensor([3, 0, 1, 1, 2]), torch.tensor([0.25, 2.0, 1.0, 0.5])
    soft = torch.tensor([[0.5, 0.25, 0.25, 0], [0, 1, 0, 0], [0.1, 0.2, 0.3, 0.4], [0.75, 0, 0, 0.25], [0, 0, 0.5, 0.5]])
    for targets, kind in ((hard, "class numbers"), (soft, "soft targets")):
        for weight in (None, weights):
            for smoothing in (0.0, 0.2):
                z = logits.clone().requires_grad_()
                loss = F.cross_entropy(z, targets, weight, label_smoothing=smoothing)
                (g,) = torch.autograd.grad(loss, [z])
                cases.append({"name": f"{kind}, weights {weight is not None}, smoothing {smoothing}",
                              "logits": array(logits), "targets": array(targets)["values"],
                              "classWeights": None if weight is None else weight.tolist(),
                              "labelSmoothing": smoothing, "loss": loss.item(), "gradient": array(g)})
    return cases


def squeeze_excitation():
    t = leaves(x=draw(2, 6, 3, 4), **{"squeeze.weight": draw(3, 6), "squeeze.bias": draw(3),
                                     "excite.weight": draw(6, 3), "excite.bias": draw(6)})
    hidden = F.relu(F.linear(t["x"].mean((2, 3)), t["squeeze.weight"], t["squeeze.bias"]))
    gate = torch.sigmoid(F.linear(hidden, t["excite.weight"], t["excite.bias"]))
    y = t["x"] * gate[:, :, None, None]
    return with_gradient("squeeze-excitation", y, draw(*y.shape), t)


def self_attention(heads):
    """PyTorch's own nn.MultiheadAttention; its joined input projection is cut into query, key and value."""
    width = 8
    module = nn.MultiheadAttention(width, heads, batch_first=True)
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(draw(*p.shape, scale=0.5))
    x = draw(3, 5, width).requires_grad_()
    y, weights = module(x, x, x, need_weights=True, average_attn_weights=False)
    dy = draw(*y.shape)
    grads = torch.autograd.grad(y, [x, *module.parameters()], dy)
    named = dict(zip(["x", *(n for n, _ in module.named_parameters())], zip([x, *module.parameters()], grads)))
    inputs, gradients = {"x": array(x)}, {"x": array(named["x"][1])}
    for i, part in enumerate(("query", "key", "value")):
        for kind in ("weight", "bias"):
            value, g = named[f"in_proj_{kind}"]
            inputs[f"{part}.{kind}"] = array(value[i * width:(i + 1) * width])
            gradients[f"{part}.{kind}"] = array(g[i * width:(i + 1) * width])
    for kind in ("weight", "bias"):
        inputs[f"output.{kind}"], gradients[f"output.{kind}"] = map(array, named[f"out_proj.{kind}"])
    return {"name": f"self-attention, {heads} heads", "heads": heads, "inputs": inputs, "upstream": array(dy),
            "output": array(y), "weights": array(weights), "gradients": gradients}


def attention_pool(over, heads, hidden):
    n, c, h, w = 2, 3, 4, 5
    x = draw(n, c, h, w)
    features = c * h if over == "time" else c
    t = leaves(x=x)
    if hidden:
        t |= leaves(hidden_weight=draw(hidden, features), hidden_bias=draw(hidden, 1))
    t |= leaves(weight=draw(heads, hidden or features), bias=draw(heads, 1))
    tokens = t["x"].flatten(1, 2) if over == "time" else t["x"].flatten(2, 3)
    tokens = tokens.transpose(1, 2)  # [N, positions, features]
    seen = torch.tanh(F.linear(tokens, t["hidden_weight"], t["hidden_bias"][:, 0])) if hidden else tokens
    weights = F.linear(seen, t["weight"], t["bias"][:, 0]).softmax(1)  # [N, positions, heads]
    pooled = torch.einsum("npf,nph->nfh", tokens, weights).flatten(1)
    case = with_gradient(f"attention pool over {over}, {heads} heads, hidden {hidden}", pooled, draw(*pooled.shape), t)
    shape = (n, heads, w) if over == "time" else (n, heads, h, w)
    return {**case, "over": over, "heads": heads, "hidden": hidden, "features": features,
            "weights": array(weights.transpose(1, 2).reshape(shape))}


def batch_norm(shape):
    """Three training steps with momentum 0.3, the running statistics after each, then inference."""
    norm = (nn.BatchNorm1d if len(shape) < 4 else nn.BatchNorm2d)(shape[1], eps=1e-3, momentum=0.3)
    with torch.no_grad():
        norm.weight.copy_(draw(shape[1]))
        norm.bias.copy_(draw(shape[1]))
    case = {"name": f"batch norm {list(shape)}", "weight": array(norm.weight), "bias": array(norm.bias),
            "epsilon": 1e-3, "momentum": 0.3, "steps": []}
    for _ in range(3):
        x = draw(*shape, scale=2.0, offset=1.0)
        y = norm(x)
        case["steps"].append({"x": array(x), "y": array(y), "mean": array(norm.running_mean),
                              "variance": array(norm.running_var)})
    norm.eval()
    x = draw(*shape)
    case["inference"] = {"x": array(x), "y": array(norm(x))}
    return case


reference_step()
write("layers.json", {
    "crossEntropy": cross_entropy(),
    "squeezeExcitation": squeeze_excitation(),
    "selfAttention": [self_attention(1), self_attention(2), self_attention(4)],
    "attentionPool": [attention_pool("time", 1, None), attention_pool("time", 3, 5),
                      attention_pool("time-frequency", 1, None), attention_pool("time-frequency", 2, 4)],
    "batchNorm": [batch_norm((4, 3, 2, 5)), batch_norm((6, 2))],
})
