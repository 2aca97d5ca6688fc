"""What cannot be is refused in words; what is imported when; and whose random numbers a call uses."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from augplug_albumentations import calling
from skimage import data

import augplug
from augplug import ImageError, OperationError, TargetError

PHOTO = np.ascontiguousarray(data.astronaut()[100:164, 180:252])  # type: ignore[no-untyped-call]  # it has no types
"""A part of a photograph, 64 high and 72 wide."""


@pytest.mark.parametrize(
    ("name", "fields", "error", "words"),
    [
        ("ARotate", {"limit": (1, 2, 3)}, OperationError, "Albumentations' Rotate refuses"),
        ("AGaussNoise", {"std_range": (0.5, 0.2)}, OperationError, "std_range"),
        (
            "ARandomCrop",
            {"height": 400, "width": 9},
            OperationError,
            "a crop of 9 by 400 is larger than the canvas of 72 by 64",
        ),
        ("ACrop", {"x_max": 400, "y_max": 9}, OperationError, "is not a part of a canvas of 72 by 64"),
        ("AResize", {"height": 0, "width": 9}, OperationError, "height"),
        ("ABlur", {"blur_limit": (3.5, 7)}, OperationError, "whole number"),
        ("ARotate", {"interpolation": "best"}, OperationError, "nearest"),
        ("ARandomResizedCrop", {"size": (1, 2, 3)}, OperationError, "a height and a width"),
    ],
)
def test_bad_settings_are_one_error(name: Any, fields: Any, error: Any, words: Any) -> None:
    with pytest.raises((error, augplug.SettingsError, augplug.PolicyError), match=words):
        augplug.Augmenter(augplug.step(name, **fields))(PHOTO, index=0)


def test_bad_input_is_one_error() -> None:
    with pytest.raises(ImageError, match="AHueSaturationValue takes images of 3 channels, and this one has 1"):
        augplug.Augmenter(augplug.step("AHueSaturationValue"))(PHOTO[..., 0], index=0)
    with pytest.raises(TargetError, match="Albumentations holds masks of"):
        augplug.Augmenter(augplug.step("ARotate"))(image=PHOTO, mask=np.full((64, 72), 2**40), index=0)


def test_a_failure_within_albumentations_keeps_its_cause() -> None:
    with pytest.raises(OperationError) as caught:
        augplug.Augmenter(augplug.step("AChannelDropout", channel_drop_range=3))(PHOTO, index=0)

    assert type(caught.value.__cause__).__name__ == "ValueError"
    assert "channel_drop_range=(3, 3)" in str(caught.value)


def test_declaring_the_operations_does_not_import_albumentations() -> None:
    """A second that nobody pays who does not use them; and the network is not asked when it is imported."""
    script = (
        "import os, sys; os.environ.pop('NO_ALBUMENTATIONS_UPDATE', None); import augplug; augplug.operations()\n"
        "assert 'ARotate' in augplug.operations() and 'albumentations' not in sys.modules\n"
        "import socket; socket.socket.connect = lambda *_: sys.exit('the network was asked')\n"
        "import augplug_albumentations; augplug_albumentations.AugplugTransform\n"
        "assert 'albumentations' in sys.modules"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr


def test_a_module_has_no_other_attribute() -> None:
    with pytest.raises(AttributeError, match="AugplugTransforms"):
        getattr(sys.modules["augplug_albumentations"], "AugplugTransforms")  # noqa: B009  # the point is asking


def test_every_call_builds_its_own_transform(monkeypatch: Any) -> None:
    """Albumentations' objects hold their random numbers, so that threads may not share one."""
    built = []
    build = calling.build

    def noted(*given: Any) -> Any:
        built.append(build(*given))
        return built[-1]

    monkeypatch.setattr(calling, "build", noted)
    augment = augplug.Augmenter(augplug.step("ARotate"))
    augment(PHOTO, index=0)
    augment(PHOTO, index=0)

    assert len({id(one) for one in built}) == 2
