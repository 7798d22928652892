"""Writes test/golden/ops.golden.json: what PyTorch's float64 gives for small inputs of the ops that have a
counterpart there. Run with PyTorch 2.13: python bench/peers/golden_ops.py
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
cases = []


def draw(*shape, scale=1.0):
    """Normal values with three decimals, so that the file stays small and exact."""
    return torch.round(torch.randn(*shape) * scale * 1000) / 1000


def array(t):
    return {"shape": list(t.shape), "values": t.detach().reshape(-1).tolist()}


def case(name, op, inputs, outputs, attributes=None):
    cases.append({
        "name": name, "op": op, "attributes": attributes or {},
        "inputs": [array(t) for t in inputs], "outputs": [array(t) for t in outputs],
    })


def gradients(y, dy, *wanted):
    return torch.autograd.grad(y, wanted, dy)


def conv(name, x_shape, w_shape, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1, bias=True):
    """padding: top, bottom, left, right."""
    x = draw(*x_shape).requires_grad_()
    w = draw(*w_shape).requires_grad_()
    b = draw(w_shape[0]) if bias else None
    top, bottom, left, right = padding
    y = F.conv2d(F.pad(x, (left, right, top, bottom)), w, b, stride, 0, dilation, groups)
    dy = draw(*y.shape)
    dx, dw = gradients(y, dy, x, w)
    a = {"stride": list(stride), "padding": list(padding), "dilation": list(dilation), "groups": groups}
    case(name, "conv2d", [x, w] + ([b] if bias else []), [y], a)
    case(name, "conv2dInputGrad", [dy, w], [dx], {**a, "inputSize": list(x_shape[2:])})
    case(name, "conv2dWeightGrad", [x, dy], [dw], {**a, "kernel": list(w_shape[2:])})


conv("3x3, padding 1", (2, 2, 5, 4), (3, 2, 3, 3), padding=(1, 1, 1, 1))
conv("stride, asymmetric padding", (1, 2, 6, 5), (2, 2, 3, 2), stride=(2, 3), padding=(2, 0, 0, 1), bias=False)
conv("dilation", (1, 1, 7, 8), (2, 1, 2, 3), dilation=(3, 2), padding=(0, 1, 2, 1))
conv("groups", (2, 4, 3, 4), (6, 2, 2, 2), groups=2)
conv("depthwise, stride 2", (1, 3, 5, 5), (3, 1, 3, 3), stride=(2, 2), padding=(1, 1, 1, 1), groups=3)
conv("pointwise", (2, 3, 2, 3), (4, 3, 1, 1))


def pool(name, kind, x_shape, kernel, stride, padding):
    """padding: height, width (PyTorch's own, equal on both sides)."""
    x = draw(*x_shape).requires_grad_()
    f = F.max_pool2d if kind == "max" else F.avg_pool2d
    y = f(x, kernel, stride, padding)
    dy = draw(*y.shape)
    (dx,) = gradients(y, dy, x)
    p = [padding[0], padding[0], padding[1], padding[1]]
    a = {"kernel": list(kernel), "stride": list(stride), "padding": p}
    case(name, f"{kind}Pool2d", [x], [y], a)
    if kind == "max":
        case(name, "maxPool2dScatter", [x, dy], [dx], a)
        g = draw(*x_shape)
        where = F.max_pool2d(x, kernel, stride, padding, return_indices=True)[1]
        case(name, "maxPool2dGather", [x, g], [g.flatten(2).gather(2, where.flatten(2)).reshape(y.shape)], a)
    else:
        case(name, "avgPool2dBackward", [dy], [dx], {**a, "inputSize": list(x_shape[2:])})


for kind in ("max", "avg"):
    pool("2x2", kind, (2, 2, 4, 6), (2, 2), (2, 2), (0, 0))
    pool("overlapping, padded", kind, (1, 2, 5, 7), (3, 2), (2, 1), (1, 1))
    pool("gaps", kind, (1, 1, 7, 7), (2, 3), (3, 4), (0, 1))


def batch_norm(name, shape, relu):
    x, gamma, beta = draw(*shape, scale=2).requires_grad_(), draw(shape[1]).requires_grad_(), draw(shape[1]).requires_grad_()
    axes = [0] + list(range(2, len(shape)))
    mean, variance = x.mean(axes), x.var(axes, unbiased=False)
    y = F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-3)
    y = F.relu(y) if relu else y
    dy = draw(*shape)
    a = {"epsilon": 1e-3, "relu": relu}
    case(name, "batchNorm", [x, gamma, beta], [y, mean, variance], a)
    case(name, "batchNormBackward", [x, dy, gamma, beta, mean, variance], gradients(y, dy, x, gamma, beta), a)


batch_norm("images", (3, 2, 2, 3), False)
batch_norm("images, relu", (2, 3, 3, 2), True)
batch_norm("vectors", (5, 3), True)

for shape in ((4, 5), (2, 3, 4)):
    x, gamma, beta = draw(*shape, scale=2).requires_grad_(), draw(shape[-1]).requires_grad_(), draw(shape[-1]).requires_grad_()
    y = F.layer_norm(x, shape[-1:], gamma, beta, 1e-5)
    mean, variance = x.mean(-1), x.var(-1, unbiased=False)
    dy = draw(*shape)
    case("rows", "layerNorm", [x, gamma, beta], [y, mean, variance], {"epsilon": 1e-5})
    case("rows", "layerNormBackward", [x, dy, gamma, mean, variance], gradients(y, dy, x, gamma, beta), {"epsilon": 1e-5})

line = torch.tensor([-40.0, -8.5, -5.0, -3.0, -2.25, -1.0, -0.5, -1e-9, 0.0, 1e-9, 0.3, 1.0, 2.0, 3.0, 4.5, 9.0, 40.0])
for op, f in {"exp": torch.exp, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": F.relu, "gelu": F.gelu,
              "hardswish": F.hardswish, "erf": torch.erf}.items():
    case("line", op, [line], [f(line)])
positive = torch.tensor([1e-300, 1e-9, 0.1, 0.5, 0.999, 1.0, 1.001, 2.0, 3.7, 1e9, 1e300])
case("positive", "log", [positive], [torch.log(positive)])
case("positive", "sqrt", [positive], [torch.sqrt(positive)])

x = draw(3, 5, scale=4)
case("rows", "softmax", [x], [F.softmax(x, -1)])
case("rows", "logSoftmax", [x], [F.log_softmax(x, -1)])
huge = torch.tensor([[1000.0, 1001.0, 990.0], [-1e5, 0.0, -1e5 + 1]])
case("huge", "softmax", [huge], [F.softmax(huge, -1)])
case("huge", "logSoftmax", [huge], [F.log_softmax(huge, -1)])
targets = torch.rand(3, 5)
targets = targets / targets.sum(-1, keepdim=True)
case("soft targets", "softmaxCrossEntropy", [x, targets], [F.cross_entropy(x, targets, reduction="sum") / 4],
     {"divisor": 4})

q, k, v = draw(2, 3, 4), draw(2, 5, 4), draw(2, 5, 3)
case("other length", "attention", [q, k, v], [F.scaled_dot_product_attention(q, k, v, scale=0.7)], {"scale": 0.7})

a, b = draw(2, 3, 4), draw(2, 4, 5)
case("batched", "matmul", [a, b], [a @ b], {"transposeA": False, "transposeB": False})
case("both transposed", "matmul", [a.mT.contiguous(), b.mT.contiguous()], [a @ b], {"transposeA": True, "transposeB": True})
w = draw(4, 2)
case("one matrix for all", "matmul", [a, w], [a @ w], {"transposeA": False, "transposeB": False})


def steps(name, op, make, state_of, attributes, counts):
    """Three steps of an optimizer as three cases, each from the state that the one before left."""
    p = torch.nn.Parameter(draw(5))
    optimizer = make([p])
    state = [torch.zeros(5) for _ in state_of]
    for step in range(1, 4):
        before, g = p.detach().clone(), draw(5)
        p.grad = g.clone()
        optimizer.step()
        after = [optimizer.state[p][key].clone() for key in state_of]
        case(f"{name}, step {step}", op, [before, g, *state], [p.detach().clone(), *after],
             {**attributes, **({"step": step} if counts else {})})
        state = after


steps("decay", "adamwStep", lambda p: torch.optim.AdamW(p, 0.01, (0.8, 0.95), 1e-6, 0.1), ["exp_avg", "exp_avg_sq"],
      {"learningRate": 0.01, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6, "weightDecay": 0.1, "clipNorm": 0, "decayed": 5},
      True)
for nesterov in (False, True):
    steps("nesterov" if nesterov else "momentum", "sgdStep",
          lambda p: torch.optim.SGD(p, 0.1, 0.9, weight_decay=0.01, nesterov=nesterov), ["momentum_buffer"],
          {"learningRate": 0.1, "momentum": 0.9, "weightDecay": 0.01, "nesterov": nesterov}, False)

out = pathlib.Path(__file__).resolve().parents[2] / "test" / "golden" / "ops.golden.json"
out.parent.mkdir(parents=True, exist_ok=True)
text = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
out.write_text(f'{{"made_with":"PyTorch {torch.__version__}","cases":[\n{text}\n]}}\n')
print(len(cases), "cases,", out.stat().st_size, "bytes")
