"""The plugin of docs/plugins/index.md: that very block, installed, typed, and right on every level and every dtype."""

import importlib
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pytest

import augplug
from augplug import api
from augplug._backends.reference import Reference
from augplug._pipeline.items import Drawn
from augplug.ops.levels import SCALES
from tests.plugins.installing import install

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "index.md"
pytestmark = pytest.mark.filterwarnings("ignore:.*never passed the gate:augplug.PluginWarning")
LEVELS = [(name, level) for name, scale in SCALES.items() for level in range(int(scale.highest) + 1)]
DTYPES = ("uint8", "uint16", "float32", "float64")


def block() -> str:
    """The first block of code of the page."""
    found = re.search(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    install(made, "my-ops", block())
    return made


@pytest.fixture(scope="module")
def plugin(site: Path) -> Iterator[ModuleType]:
    """The module, while this process finds its distribution."""
    sys.path.insert(0, str(site))
    api.registry.cache_clear()
    yield importlib.import_module("my_ops")
    sys.path.remove(str(site))
    sys.modules.pop("my_ops")
    api.registry.cache_clear()


def test_it_names_the_entry_point_that_the_page_declares() -> None:
    first = block().splitlines()[0]
    text = PAGE.read_text("utf-8")
    assert 'my-ops = "my_ops"' in first
    assert text.index("```toml") > text.index("```python")
    assert text.count('my-ops = "my_ops"') == 2
    assert text.count('dependencies = ["augplug>=1,<2"]') == 2


def test_mypy_finds_nothing(site: Path, tmp_path: Path) -> None:
    home = Path(augplug.__file__).parents[1]
    # mypy finds what is installed by itself; a checkout that is installed to be edited must be shown to it.
    path = {} if home == Path(sysconfig.get_path("purelib")) else {"MYPYPATH": str(home)}
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=", "my_ops.py"]
    ended = subprocess.run(
        [*command, f"--cache-dir={tmp_path}"],
        cwd=site,
        env={**os.environ, **path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_it_is_provided_under_both_names(plugin: ModuleType) -> None:
    known = augplug.operations()
    assert known["Posterish"] is known["my-ops:Posterish"] is plugin.Posterish
    (row,) = [row for row in augplug.plugins() if row.distribution == "my-ops"]
    assert (row.state, row.version, row.provides["operations"]) == ("loaded", "1.0", ["Posterish"])


def step_at(scale: str, level: int) -> int:
    """What level=(1, 40) means: that far from 1 to 40, rounded, and no further than the parameter goes."""
    return min(1 + round(39 * level / SCALES[scale].divisor), 64)


def ramp(dtype: str) -> npt.NDArray[np.generic]:
    """Values of a dtype from the least to the greatest (below 1), `(16, W, 3)`; each channel in another order."""
    if dtype.startswith("u"):
        every = np.arange(np.iinfo(dtype).max + 1).astype(dtype)
    else:
        every = (np.arange(4096) / 4096).astype(dtype)
    image = every.reshape(16, -1)
    return np.stack([image, image[::-1], image[:, ::-1]], axis=2)


def expected(image: npt.NDArray[np.generic], step: int) -> npt.NDArray[np.generic]:
    """The formula anew: the largest multiple of `step` (8-bit units) that is not above the value."""
    if image.dtype == np.uint8:
        return (image.astype(np.int64) // step * step).astype(np.uint8)
    if image.dtype == np.uint16:  # one 8-bit unit is 257
        return (image.astype(np.int64) // (257 * step) * (257 * step)).astype(np.uint16)
    units = image.astype(np.float64) * 255
    return (np.floor(units / step) * step / 255).astype(image.dtype)


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize(("scale", "level"), LEVELS)
def test_every_level_of_every_scale_gives_its_step(scale: str, level: int) -> None:
    policy = augplug.Policy(augplug.step("Posterish", level=level), scale=scale)
    image = ramp("uint8")
    augment = augplug.Augmenter(policy, backend="reference")
    (item,) = augment.plan(image, index=0).items
    assert isinstance(item, Drawn)
    assert item.address == "my-ops:Posterish"
    step = item.operation.step  # type: ignore[attr-defined]  # the class is that of the page
    assert step == step_at(scale, level)
    assert np.array_equal(augment(image, index=0), expected(image, step))
    assert np.array_equal(augplug.Augmenter(policy)(image, index=0), expected(image, step))


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_step_that_a_level_gives_is_right_on_every_dtype(plugin: ModuleType, dtype: str) -> None:
    image = ramp(dtype)
    for step in sorted({step_at(scale, level) for scale, level in LEVELS}):
        (effect,) = plugin.Posterish(step=step).describe(augplug.Canvas(*image.shape))
        made = Reference().prepare(effect, image.shape, image.dtype)(image)
        assert made.dtype == image.dtype
        assert np.array_equal(made, expected(image, step)), step


@pytest.mark.parametrize("step", [0, 65, 2.5, "8"])
def test_a_step_out_of_range_is_refused(plugin: ModuleType, step: object) -> None:
    with pytest.raises(augplug.OperationError, match=r"Posterish\(step="):
        plugin.Posterish(step=step)
