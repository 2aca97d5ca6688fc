"""What describe and the function of a Tone may not give, and the one error for each: the mistakes of a first plugin."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import augplug
from augplug._policies.grammar import Step

IMAGE = np.arange(8 * 9 * 3, dtype=np.uint8).reshape(8, 9, 3)
KINDS: dict[str, Any] = {
    "uint8": IMAGE,
    "uint16": IMAGE.astype(np.uint16) * 257,
    "float32": IMAGE.astype(np.float32) / 255,
}
KINDS["float64"] = KINDS["float32"].astype(np.float64)


def same(values: Any) -> Any:
    return values


def nothing(_values: Any) -> Any:
    return None


def mean(values: Any) -> Any:
    return values.mean()


def word(_values: Any) -> Any:
    return "x"


def part(values: Any) -> Any:
    return values[:3]


def doubled(values: Any) -> Any:
    return np.stack([values, values])


DESCRIBED: dict[str, tuple[Any, str]] = {
    "nothing": (None, "returned NoneType; it returns a list of effects, empty if there are none"),
    "an effect alone": (augplug.Tone(same), "returned Tone; it returns a list of effects"),
    "a generator": ((one for one in [augplug.Tone(same)]), "returned generator; it returns a list of effects"),
    "a number in a list": ([3], "returned a list with 3, which is not an effect"),
    "a class in a list": ([augplug.Tone], "which is not an effect"),
    "nothing in a list": (
        [augplug.Tone(same), None],
        "returned a list with an object of type NoneType, which is not an effect",
    ),
}
TONES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "nothing": (nothing, "nothing made NoneType of shape ()"),
    "one number": (mean, "mean made float64 of shape ()"),
    "a word": (word, "word made str of shape ()"),
    "a part": (part, "part made ndarray of shape (3"),
    "an axis more": (doubled, "doubled made ndarray of shape (2, "),
}


@augplug.operation(source="a test")
class Wrong(augplug.Operation):
    """What the tables above say."""

    described: str = augplug.parameter(choices=("", *DESCRIBED), default="")
    tone: str = augplug.parameter(choices=("", *TONES), default="")

    def describe(self, canvas: augplug.Canvas) -> Any:
        """Return something wrong, or a Tone with a wrong function."""
        if self.described:
            return DESCRIBED[self.described][0]
        return [augplug.Tone(TONES[self.tone][0] if self.tone else same)]


def augmenter(before: Sequence[Any] = (), *, backend: str = "reference", **fields: str) -> augplug.Augmenter:
    step = Step("Wrong", "tests:Wrong", Wrong, fields=tuple(fields.items()))
    return augplug.Augmenter(augplug.sequence(*before, step), backend=backend)


@pytest.mark.parametrize("name", DESCRIBED)
def test_what_describe_returns_is_a_list_of_effects(name: str) -> None:
    for before in ([], [augplug.step("HorizontalFlip")]):
        with pytest.raises(augplug.OperationError) as caught:
            augmenter(before, described=name)(IMAGE, index=0)
        assert str(caught.value).startswith("describe of Wrong returned ")
        assert DESCRIBED[name][1] in str(caught.value)


@pytest.mark.parametrize("backend", ["reference", "opencv"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TONES)
def test_what_a_tone_makes_is_one_value_for_each(name: str, kind: str, backend: str) -> None:
    """On floats another shape came out as an image of that shape; on integers it was an error of numpy's."""
    if backend == "opencv":
        pytest.importorskip("cv2")
    with pytest.raises(augplug.OperationError) as caught:
        augmenter(backend=backend, tone=name)(KINDS[kind], index=0)
    assert TONES[name][1] in str(caught.value)
    assert "gives an array with one value for each" in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_right_is_taken(kind: str) -> None:
    made = augmenter([augplug.step("HorizontalFlip")])(KINDS[kind], index=0)
    assert np.allclose(made, KINDS[kind][:, ::-1])
