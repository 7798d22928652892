"""The network of `src/layers/models/reference-step.ts` in PyTorch, under the names our weights have."""
import torch
from torch import nn


class ReferenceStep(nn.Module):
    def __init__(self, bands=64, classes=2, dropout=0.25):
        super().__init__()
        features = 32 * (bands // 2 // 2)
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(32)
        self.score = nn.Linear(features, 1)
        self.head = nn.Linear(features, classes)
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        x = self.drop(torch.max_pool2d(torch.relu(self.norm1(self.conv1(x))), 2))
        x = self.drop(torch.max_pool2d(torch.relu(self.norm2(self.conv2(x))), 2))
        frames = x.flatten(1, 2).transpose(1, 2)  # [N, C, H, W] → [N, W, C·H]
        weights = self.score(frames).softmax(1)
        return self.head((weights * frames).sum(1))

    def named(self):
        """Every parameter and running statistic by our path, in our order; shapes may differ, values do not."""
        paths = {}
        for i, (conv, norm) in enumerate([(self.conv1, self.norm1), (self.conv2, self.norm2)], 1):
            block = f"block{i}."
            paths[block + "conv.weight"], paths[block + "conv.bias"] = conv.weight, conv.bias
            paths[block + "norm.weight"], paths[block + "norm.bias"] = norm.weight, norm.bias
            paths[block + "norm.running_mean"], paths[block + "norm.running_var"] = norm.running_mean, norm.running_var
        paths["pool.weight"], paths["pool.bias"] = self.score.weight, self.score.bias
        paths["head.weight"], paths["head.bias"] = self.head.weight, self.head.bias
        return paths
