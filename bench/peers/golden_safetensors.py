"""Writes test/golden/train/python.safetensors with Python's safetensors, for the reader's test.

python bench/peers/golden_safetensors.py   (needs numpy and safetensors)
"""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

out = Path(__file__).resolve().parents[2] / "test" / "golden" / "train" / "python.safetensors"
out.parent.mkdir(parents=True, exist_ok=True)
save_file(
    {
        "conv.weight": (np.arange(18, dtype=np.float32) / 4 - 2).reshape(2, 1, 3, 3),
        "conv.bias": np.array([1.5, -0.25], dtype=np.float32),
        "scale": np.array(3.25, dtype=np.float64),
        "half": np.array([1.0, -2.0], dtype=np.float16),
        "count": np.array([2**40 + 1], dtype=np.int64),
        "order": np.array([[3, -1]], dtype=np.int32),
        "mask": np.array([True, False, True]),
        "bytes": np.array([1, 255], dtype=np.uint8),
        "empty": np.zeros((0, 4), dtype=np.float32),
        "ünïcode": np.array([7], dtype=np.int16),
    },
    out,
    metadata={"format": "pcg", "note": "it's \"quoted\""},
)
