"""Child models by large libraries train and score in a confined worker, as an evaluator plugin that declares them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from augplug import kernel
from tests.gate.test_confinement import SEARCH
from tests.plugins.installing import install

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(bool(kernel.missing()), reason=f"no {' and no '.join(kernel.missing())} in this kernel"),
]
ROOT = Path(__file__).parents[2]
PLUGIN = """
import numpy as np
import augplug

class Child(augplug.Evaluator):
    def __init__(self, train, valid):
        self.images = train.x.reshape(len(train.x), -1).astype(np.float32) / 255
        self.labels = train.y

    def evaluate(self, policy, *, seed, budget=None, progress=None):
        return score(self.images, self.labels)

@augplug.hookimpl
def augplug_evaluators():
    return {"child": Child}
"""
TORCH = """
def score(images, labels):
    import torch
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Unflatten(1, (1, 4, 4)), torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Flatten(),
        torch.nn.Linear(128, 3),
    )
    optimizer = torch.optim.Adam(model.parameters())
    data = torch.utils.data.TensorDataset(torch.from_numpy(images), torch.from_numpy(labels))
    for batch, wanted in torch.utils.data.DataLoader(data, batch_size=8):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(batch), wanted).backward()
        optimizer.step()
    return float((model(data.tensors[0]).argmax(1) == data.tensors[1]).float().mean())
"""
ONNX = """
def score(images, labels):
    import onnxruntime
    from onnx import TensorProto, helper
    weights = np.random.default_rng(0).normal(size=(images.shape[1], 3)).astype(np.float32)
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, images.shape[1]])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 3])
    held = helper.make_tensor("w", TensorProto.FLOAT, weights.shape, weights.ravel())
    graph = helper.make_graph([node], "linear", [given], [result], [held])
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return float((session.run(None, {"x": images})[0].argmax(1) == labels).mean())
"""
NUMBA = """
import numba

@numba.njit(cache=True)
def right(images, labels):
    found = 0
    for row in range(len(labels)):
        found += int(images[row].sum() * 10) % 3 == labels[row]
    return found / len(labels)

@numba.njit(parallel=True)
def total(images):
    found = 0.0
    for row in numba.prange(len(images)):
        found += images[row].sum()
    return found

def score(images, labels):
    assert total(images) > 0
    return right(images, labels)
"""
LIBRARIES = {"torch": (TORCH, ("torch",)), "onnxruntime": (ONNX, ("onnxruntime", "onnx")), "numba": (NUMBA, ("numba",))}


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_works_in_a_confined_worker(name: str, tmp_path: Path) -> None:
    source, needed = LIBRARIES[name]
    for library in needed:
        pytest.importorskip(library)
    site = tmp_path / "site"
    install(site, "my-ops", "")
    (site / "my_ops.py").unlink()
    (site / "my_ops").mkdir()
    (site / "my_ops" / "__init__.py").write_text(PLUGIN + source)
    declared = "".join(f'{library} = "a test"\n' for library in needed)
    (site / "my_ops" / "augplug-plugin.toml").write_text(f"augplug-plugin = 1\n[capabilities]\n{declared}")
    path = os.pathsep.join([str(site), str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", SEARCH, str(tmp_path / "run"), "child"]
    ended = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False, timeout=600
    )
    assert ended.returncode == 0, ended.stderr
    assert "not confined" not in ended.stderr
    journal = [json.loads(line) for line in (tmp_path / "run" / "journal.jsonl").read_text().splitlines()]
    scores = [record for record in journal if record["kind"] == "evaluation"]
    assert len(scores) > 2
    assert all(record["reward"] is not None and not record["error"] for record in scores), scores
    print(ended.stderr)  # noqa: T201  # what a library says of what it cannot read is worth seeing with -s
