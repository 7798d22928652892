"""The network of `src/layers/models/pcg-lite.ts` in PyTorch, under the names our weights have."""
import torch
from torch import nn

CHANNELS = (16, 32, 48, 64)
HEADS, HIDDEN = 4, 32


class PcgLite(nn.Module):
    def __init__(self, bands=64, classes=2):
        super().__init__()
        inputs = (1, *CHANNELS[:-1])
        self.convs = nn.ModuleList(nn.Conv2d(i, o, 3, padding=1, bias=False) for i, o in zip(inputs, CHANNELS))
        self.norms = nn.ModuleList(nn.BatchNorm2d(c) for c in CHANNELS)
        self.squeezes = nn.ModuleDict({str(i): nn.Linear(CHANNELS[i], CHANNELS[i] // 4) for i in (2, 3)})
        self.excites = nn.ModuleDict({str(i): nn.Linear(CHANNELS[i] // 4, CHANNELS[i]) for i in (2, 3)})
        self.drop, self.head_drop = nn.Dropout2d(0.1), nn.Dropout(0.3)
        self.hidden = nn.Linear(CHANNELS[-1], HIDDEN)
        self.score = nn.Linear(HIDDEN, HEADS)
        self.head = nn.Linear(CHANNELS[-1] * HEADS, classes)

    def forward(self, x):
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            x = torch.relu(norm(conv(x)))
            if str(i) in self.squeezes:
                gate = torch.sigmoid(self.excites[str(i)](torch.relu(self.squeezes[str(i)](x.mean((2, 3))))))
                x = x * gate[:, :, None, None]
            if i < len(CHANNELS) - 1:
                x = torch.max_pool2d(x, 2)
            x = self.drop(x)
        tokens = x.flatten(2).transpose(1, 2)  # [N, C, H, W] → [N, H·W, C]
        weights = self.score(torch.tanh(self.hidden(tokens))).softmax(1)  # [N, H·W, heads]
        pooled = (tokens.transpose(1, 2) @ weights).flatten(1)  # [N, C·heads], heads fastest
        return self.head(self.head_drop(pooled))

    def named(self):
        """Every parameter and running statistic by our path, in our order; shapes may differ, values do not."""
        paths = {}
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms), 1):
            block = f"block{i}."
            paths[block + "conv.weight"] = conv.weight
            paths[block + "norm.weight"], paths[block + "norm.bias"] = norm.weight, norm.bias
            paths[block + "norm.running_mean"], paths[block + "norm.running_var"] = norm.running_mean, norm.running_var
        for i in (3, 4):
            for name, layers in (("squeeze", self.squeezes), ("excite", self.excites)):
                layer = layers[str(i - 1)]
                paths[f"gate{i}.{name}.weight"], paths[f"gate{i}.{name}.bias"] = layer.weight, layer.bias
        paths["pool.hidden_weight"], paths["pool.hidden_bias"] = self.hidden.weight, self.hidden.bias
        paths["pool.weight"], paths["pool.bias"] = self.score.weight, self.score.bias
        paths["head.weight"], paths["head.bias"] = self.head.weight, self.head.bias
        return paths
