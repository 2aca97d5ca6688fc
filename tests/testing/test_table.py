"""The table of digests: what is in it, that this machine is equal to it, and that a difference is seen and said."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from augplug import builtin
from augplug.cli import main
from augplug.testing import table
from augplug.testing.base import Failed

FEW = ("Rotate uint8", "Invert ", "MixUp float32 3", "policy flip ")
OLD_PROCESSOR = {"NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX2 FMA3", "OPENBLAS_CORETYPE": "Prescott"}
"""What numpy and its BLAS do on a processor without wide registers and fused sums."""


def few(name: str) -> bool:
    return name.startswith(FEW)


def test_every_operation_and_policy_is_in_the_table_with_every_kind_of_image() -> None:
    rows = table.stored()
    names = [operation.about.name for operation in builtin.augplug_operations()]
    expected = {f"{name} draws" for name in [*names, *(f"policy {name}" for name in builtin.augplug_policies())]}
    expected |= {
        f"{name} {dtype} {channels}"
        for name in names
        for dtype in ("uint8", "uint16", "float32", "float64")
        for channels in ("grey", 1, 2, 3, 4)
    }

    assert expected <= rows.keys()
    assert {len(value) for value in rows.values()} == {64}
    # Identity and operations with the same pixels share digests; most have their own.
    assert len(set(rows.values())) > 0.6 * len(rows)


def test_pictures_use_their_whole_range() -> None:
    for dtype, top in (("uint8", 255), ("uint16", 65_535), ("float32", 1), ("float64", 1)):
        made = table.picture((96, 80), 3, dtype)
        assert (made.dtype, made.shape) == (np.dtype(dtype), (96, 80, 3))
        assert 0 <= made.min() < 0.02 * top
        assert 0.98 * top < made.max() <= top


def test_this_machine_is_equal_to_the_table() -> None:
    assert [row for row in table.differing() if not table.is_rounding(row)] == []


def test_last_bits_of_float64_are_no_fault_on_arm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(table, "differing", lambda: ["Gamma float64 3", "Gamma float64 grey"])
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    main(["doctor", "--pixels"])
    printed = capsys.readouterr().out
    assert "0 differ from the table; 2 of float64 differ in the last bits, as they may on this kind" in printed
    assert "draws or renders otherwise" not in printed
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert main(["doctor", "--pixels"]) == 1
    assert "otherwise than others (Gamma float64 3, Gamma float64 grey)" in capsys.readouterr().out


@pytest.mark.parametrize("row", ["Gamma float32 3", "Gamma draws", "policy flip uint8 grey", "Rotate float64 3"])
def test_nothing_else_may_differ_on_arm(monkeypatch: pytest.MonkeyPatch, row: str) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert not table.is_rounding(row)


def test_a_difference_is_named_and_counted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    changed = {name: value for name, value in table.stored().items() if few(name)}
    changed["Invert uint8 3"] = "0" * 64
    del changed["policy flip draws"]
    changed["Gone draws"] = "1" * 64
    monkeypatch.setattr(table, "stored", lambda: changed)
    here = dict(table.rows(few))
    monkeypatch.setattr(table, "rows", lambda *_: here.items())
    monkeypatch.setattr(
        table, "beyond_bounds", lambda name: "Rotate: 14 from the reference" if name == "opencv" else ""
    )

    assert table.differing() == ["Gone draws", "Invert uint8 3", "policy flip draws"]
    assert main(["doctor", "--pixels"]) == 1
    said = capsys.readouterr().out
    assert f"{len(changed)} digests of draws and of the reference's pixels, 3 differ from the table" in said
    assert "WRONG: this machine draws or renders otherwise than others (Gone draws, Invert uint8 3, policy flip" in said
    assert "pixels: backend opencv leaves its bounds around the reference" in said
    assert "WRONG: the backend opencv leaves its bounds: Rotate: 14 from the reference" in said


def test_a_backend_that_leaves_its_bounds_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted backends of the examination are seen by the same check; here only the way to it is tested."""
    assert table.beyond_bounds("reference") == ""
    monkeypatch.setattr(table, "agrees_with_the_reference", _fail)
    assert table.beyond_bounds("opencv") == "Rotate: 14 from the reference"


def _fail(_subject: object) -> None:
    raise Failed("Rotate: 14 from the reference")


@pytest.mark.parametrize("wanted", ["lambda name: name.startswith(('Affine', 'Color float64', 'ElasticTransform'))"])
def test_an_older_processor_is_equal_to_the_table(wanted: str) -> None:
    """Matrix products once made float64 images of Affine and Color depend on the processor."""
    assert on_an_older_processor(f"table.differing({wanted})") == []


@pytest.mark.heavy
def test_an_older_processor_is_equal_to_the_whole_table() -> None:
    assert on_an_older_processor("table.differing()") == []


def on_an_older_processor(expression: str) -> list[str]:
    code = f"import json; from augplug.testing import table; print(json.dumps({expression}))"
    environment = {**os.environ, **OLD_PROCESSOR, "PYTHONWARNINGS": "ignore"}  # numpy warns of features it has not
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]  # a list of names
