"""Policies that could be written before keep their digest, their draws and their pixels.

`policies.json` was written by the augplug of the commit that it names. No later augplug writes it again: policies are
added with that checkout (see `tools/golden_policies.py`), and a record that no longer holds is a fault of the code.
"""

import copy
import json
from typing import Any

import pytest

import augplug
from tests.golden import recording

GOLDEN: dict[str, Any] = json.loads(recording.FILE.read_text("utf-8"))
POLICIES: list[dict[str, Any]] = GOLDEN["policies"]
NAMED = [policy for policy in POLICIES if "named" in policy]
CHANGED_PIXELS = 60
"""Draws whose pixels are not kept: a Cutout with noise or further squares drew them in `describe` (format 1); and
areas with a mean half-way between two integers, which the order of BLAS's sums decided."""


def label(policy: dict[str, Any]) -> str:
    return str(policy["label"])


@pytest.mark.parametrize("golden", POLICIES, ids=label)
def test_a_policy_keeps_its_digest_draws_and_pixels(golden: dict[str, Any]) -> None:
    """Only fields that the file names are compared: an operation may get another one."""
    now = recording.recorded(golden["document"], GOLDEN["fields"])

    assert now["digest"] == golden["digest"]
    if "steps" in golden:
        assert now["drawn"] == golden["steps"]  # in full, so that a failure shows what differs
    assert [recording.digest_of(drawn) for drawn in now["drawn"]] == golden["drawn"]
    kept = [place for place, expected in enumerate(golden["pixels"]) if expected is not None]
    assert [now["pixels"][place] for place in kept] == [golden["pixels"][place] for place in kept]


@pytest.mark.parametrize("golden", NAMED, ids=label)
def test_a_name_still_means_that_policy(golden: dict[str, Any]) -> None:
    assert augplug.Augmenter(golden["named"]).policy.digest.hex() == golden["digest"]


def test_the_file_has_everything_that_a_policy_could_hold() -> None:
    text = json.dumps([policy["document"] for policy in POLICIES])
    words = ("sequence", "one_of", "some_of", "blend", "weights", "replacement", "alpha", "level", "p", "mask_value")
    drawn = ("uniform", "integers", "choice", "normal", "clip", "log_uniform", "beta", "sign")

    assert len(POLICIES) >= 200
    assert [word for word in (*words, *drawn) if f'"{word}": ' not in text] == []
    assert {name.removeprefix("augplug:") for name in GOLDEN["fields"] if f'"{name[8:]}"' not in text} == set()
    scales = {policy["document"]["scale"] for policy in POLICIES}
    assert len(scales) == 7
    assert {policy["document"]["fuse"] for policy in POLICIES} == {"exact", "none"}
    assert {name for policy in POLICIES for name in policy["document"]["defaults"]} == {
        *("interpolation", "fill", "mask_fill")
    }
    assert sum(pixels is None for policy in POLICIES for pixels in policy["pixels"]) == CHANGED_PIXELS


@pytest.mark.parametrize("change", ["p", "noise", "mask_value"])
def test_a_changed_policy_is_seen(change: str) -> None:
    (golden,) = (policy for policy in POLICIES if policy["label"] == "RandomErasing, mask value 3")
    document = copy.deepcopy(golden["document"])
    document["policy"]["sequence"][0][change] = 0
    now = recording.recorded(document, GOLDEN["fields"])

    assert now["digest"] != golden["digest"]
    assert [recording.digest_of(drawn) for drawn in now["drawn"]] != golden["drawn"]
