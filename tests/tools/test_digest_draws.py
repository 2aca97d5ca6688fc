"""Digests are the same from run to run, and say in which column of which case a difference lies."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import augplug
from tools import digest_cases, digest_draws

ONLY = ["--only", "Rotate opencv exact targets"]
CASE = "Rotate opencv exact targets uint8 3"


def digest(value: object) -> str:
    made = digest_draws.Digests()
    digest_draws.add(made.pixels, value)
    return made.row(with_targets=False)["pixels"]


def test_a_second_run_equals_the_first_and_a_changed_column_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "before.json"
    assert digest_draws.main([*ONLY, "--write", str(file)]) == 0
    assert digest_draws.main([*ONLY, "--against", str(file)]) == 0

    rows = json.loads(file.read_text(encoding="utf-8"))
    assert list(rows) == [CASE]
    assert all(len(value) == 64 for value in rows[CASE].values())
    rows[CASE]["draws"] = "0"
    file.write_text(json.dumps({**rows, f"{CASE} gone": rows[CASE], "Invert": {}}), encoding="utf-8")
    capsys.readouterr()

    assert digest_draws.main([*ONLY, "--against", str(file)]) == 1
    told = capsys.readouterr().out.splitlines()[-3:]
    assert told[:2] == [f"{CASE}: draws", f"{CASE} gone: only before"]
    assert told[2].startswith("2 of 1 cases differ")


def test_every_operation_and_named_policy_is_a_subject() -> None:
    built_in = [name.partition(":")[2] for name in augplug.operations() if name.startswith("augplug:")]
    assert [subject.name for subject in digest_cases.operations()] == sorted(built_in)
    assert {f"policy:{name}" for name in augplug.policies()} <= {subject.name for subject in digest_cases.named()}


@pytest.mark.parametrize("dtype", digest_draws.CHANNELS)
def test_images_keep_to_the_range_of_their_dtype(dtype: str) -> None:
    made = digest_cases.image(3, (28, 36), 3, dtype)
    assert (made.dtype, made.shape, made.flags.c_contiguous) == (np.dtype(dtype), (28, 36, 3), False)
    assert made.min() >= 0
    assert made.max() <= (1 if dtype.startswith("float") else np.iinfo(dtype).max)


def test_targets_that_differ_in_a_last_bit_have_one_digest() -> None:
    box = np.array([[1.0, 0.0, 2.0, 3.0]])
    assert digest(augplug.Boxes(box)) == digest(augplug.Boxes(np.nextafter(box, -1)))
    assert digest(augplug.Boxes(box)) != digest(augplug.Boxes(box + 1e-6))


def test_arrays_of_other_dtype_or_shape_have_other_digests() -> None:
    zeros = np.zeros((2, 2), dtype=np.uint8)
    assert len({digest(zeros), digest(zeros.view(np.int8)), digest(zeros.reshape(4)), digest([zeros, zeros])}) == 4


def test_an_exception_counts_by_the_name_of_its_type() -> None:
    def refuse(text: str) -> None:
        raise augplug.ImageError(text)

    one, other, fine = (digest_draws.Digests() for _ in range(3))
    assert digest_draws.attempt(one.pixels, lambda: refuse("a")) is None
    digest_draws.attempt(other.pixels, lambda: refuse("b"))
    digest_draws.attempt(fine.pixels, lambda: 1)
    assert one.row(with_targets=True) == other.row(with_targets=True) != fine.row(with_targets=True)


def test_the_tool_runs_as_a_script() -> None:
    tool = Path(digest_draws.__file__)
    command = [sys.executable, str(tool), "--only", "Invert reference none single uint8 1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 cases, 16 draws" in done.stdout
