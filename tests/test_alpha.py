"""Images with alpha: colours as those of the image without alpha, alpha as an image of its own that only moves."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

import augplug
from augplug import Canvas, ColorMix, Effect, ImageError, Output, PlanError, SettingsError, TargetError
from augplug._pipeline.items import Drawn, DrawnBlend
from augplug._policies.grammar import Step
from augplug._sample.alpha import Channels
from augplug.ops.base import Operation
from augplug.types import Image, Interpolation
from tests.operations import MIXING, names, step

BACKENDS = ["opencv", "reference"]
DTYPES = ["uint8", "uint16", "float32"]
MOVING = ("Rotate", "ShearX", "ShearY", "TranslateX", "TranslateY")


def noise(*shape: int, dtype: str = "uint8", seed: int = 0) -> Image:
    """Return an image of noise."""
    rng = np.random.default_rng(seed)
    if dtype == "float32":
        return rng.random(shape, np.float32)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


RGBA, LA = noise(40, 46, 4), noise(40, 46, 2, seed=1)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in names() if name not in MIXING])
def test_colours_are_those_without_alpha_and_alpha_only_moves(name: str, dtype: str, backend: str) -> None:
    """Alpha equals alpha as a grey image of its own where a mask moves, and itself everywhere else; the fill is 0."""
    kinds: list[tuple[Image, Channels]] = [
        (noise(40, 46, 4, dtype=dtype), "RGBA"),
        (noise(40, 46, 2, dtype=dtype), "LA"),
    ]
    for image, channels in kinds:
        plain = augplug.Augmenter(step(name), backend=backend)
        augment = augplug.Augmenter(step(name), backend=backend, channels=channels)
        ids = np.arange(40 * 46, dtype=np.int32).reshape(40, 46)
        for index in range(4):
            made = augment(image, index=index)
            alpha = np.ascontiguousarray(image[..., -1])
            mask = augment(image=image, mask=ids, index=index)["mask"]
            # What moves by less than half a pixel leaves the mask, and not alpha.
            moved = "interpolation" in augplug.operations()[name].about.parameters or not np.array_equal(mask, ids)
            assert np.array_equal(made[..., :-1], plain(image[..., :-1], index=index))
            assert np.array_equal(made[..., -1], plain(alpha, index=index) if moved else alpha)
            assert (made.dtype, made.shape[2], made.flags.c_contiguous) == (image.dtype, image.shape[2], True)


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize(
    ("fill", "colour", "outside"),
    [(128, 128, 0), ((10, 20, 30), (10, 20, 30), 0), ((10, 20, 30, 200), (10, 20, 30), 200)],
)
def test_a_fill_has_a_number_for_alpha_if_it_says_so(
    fill: Any, colour: Any, outside: int, interpolation: Interpolation
) -> None:
    """One number is that of the colours, and so are three; a fourth is alpha's, which is 0 without it."""
    fields: dict[str, Any] = {"degrees": 17, "interpolation": interpolation}
    made = augplug.Augmenter(augplug.step("Rotate", **fields, fill=fill), channels="RGBA")(RGBA, index=0)
    alone = [
        augplug.Augmenter(augplug.step("Rotate", **fields, fill=own))(part, index=0)
        for own, part in ((colour, RGBA[..., :3]), (outside, RGBA[..., 3]))
    ]

    assert np.array_equal(made, np.dstack(alone))
    assert made[0, 0, 3] == outside
    grey = augplug.Augmenter(augplug.step("Rotate", **fields, fill=(7, 90)), channels="LA")(LA, index=0)
    assert grey[0, 0].tolist() == [7, 90]
    with pytest.raises(ImageError, match="a fill of 2 numbers"):
        augplug.Augmenter(augplug.step("Rotate", **fields, fill=(7, 90)), channels="RGBA")(RGBA, index=0)


@pytest.mark.parametrize("border", ["edge", "reflect", "wrap"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_alpha_has_the_border_of_the_image(border: Any, backend: str) -> None:
    """What stands outside alpha is what would stand outside a grey image."""
    step_ = augplug.step("Affine", degrees=30, scale=0.6, x=0.1, y=0, shear_x=0, shear_y=0, border=border)
    made = augplug.Augmenter(step_, channels="RGBA", backend=backend)(RGBA, index=0)
    plain = augplug.Augmenter(step_, backend=backend)

    assert np.array_equal(made[..., 3], plain(np.ascontiguousarray(RGBA[..., 3]), index=0))
    opaque = RGBA.copy()
    opaque[..., 3] = 255
    assert (augplug.Augmenter(step_, channels="RGBA", backend=backend)(opaque, index=0)[..., 3] == 255).all()


def test_the_fill_of_what_is_painted_may_have_a_number_for_alpha_too() -> None:
    """A policy's default fill may be one of four numbers; painting leaves alpha alone."""
    painted = augplug.step("Cutout", size=0.5, x=0.5, y=0.5, value=(1, 2, 3, 4))
    made = augplug.Augmenter(painted, channels="RGBA")(RGBA, index=0)

    assert made[20, 23, :3].tolist() == [1, 2, 3]
    assert np.array_equal(made[..., 3], RGBA[..., 3])


@pytest.mark.parametrize("channels", ["RGBA", "LA"])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", [name for name in augplug.policies() if not augplug.Augmenter(name).mixes])
def test_named_policies_move_alpha_and_nothing_else(name: str, backend: str, channels: Channels) -> None:
    """Alpha is what the moving operations of the draw alone make of it, each rendered by itself, blends by numpy."""
    image = noise(33, 47, 4 if channels == "RGBA" else 2)
    opaque = image.copy()
    opaque[..., -1] = 255
    augment = augplug.Augmenter(name, backend=backend, channels=channels)
    still = 0
    for index in range(200 if backend == "opencv" else 40):
        plan = augment.plan(image, index=index)
        expected, moved = _alpha_alone(plan.items, image[..., -1], backend)
        made = augment(image, index=index)
        assert np.array_equal(made[..., -1], expected), (index, str(plan))
        if not moved:
            still += 1
            assert (augment(opaque, index=index)[..., -1] == 255).all()
        assert np.array_equal(augplug.replay(augplug.load_plan(plan.to_json()), image), made)
    assert still > 0 or name in {"hand-made", "augmix", "flip-crop"}


def _alpha_alone(items: Any, alpha: Image, backend: str) -> tuple[Image, bool]:
    """Return alpha after the operations that move a mask, one after the other, and whether there was one."""
    moved = False
    for item in items:
        if isinstance(item, DrawnBlend):
            chains = [_alpha_alone(chain, alpha, backend) for chain in item.chains]
            if any(moves for _, moves in chains):
                total = np.zeros(alpha.shape)
                for weight, (chain, _) in zip(item.weights, chains, strict=True):
                    total += weight * chain
                alpha, moved = np.floor(total + 0.5).astype(np.uint8), True
            continue
        assert isinstance(item, Drawn)
        fields = {name: getattr(item.operation, name) for name in item.operation.about.parameters}
        if "mask_fill" in fields or item.operation.about.name in {"HorizontalFlip", "VerticalFlip", "Rotate90"}:
            fields.pop("fill", None)
            one = augplug.Augmenter(augplug.step(item.operation.about.name, **fields), backend=backend, fuse="none")
            after = one(np.ascontiguousarray(alpha), index=0)
            alpha, moved = after, True
    return alpha, moved


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_a_pil_image_says_itself_that_it_has_alpha(mode: Channels) -> None:
    """It comes back in its mode, with the pixels of the declared array: in a call, with targets, and in a batch."""
    pixels = RGBA if mode == "RGBA" else LA
    picture = Pillow.fromarray(pixels)
    assert picture.mode == mode
    plain = augplug.Augmenter("autoaugment-imagenet", seed=3)
    declared = augplug.Augmenter("autoaugment-imagenet", seed=3, channels=mode)
    for index in range(40):
        made = plain(picture, index=index)
        assert made.mode == mode
        assert np.array_equal(np.asarray(made), declared(pixels, index=index))
        both = plain(image=picture, mask=pixels[..., 0], index=index)
        assert np.array_equal(np.asarray(both["image"]), np.asarray(made))
    batch = plain.batch([picture] * 24, indices=range(24))
    assert np.array_equal(batch, np.stack([declared(pixels, index=index) for index in range(24)]))
    assert plain.plan(picture, index=0).channels == mode
    assert plain(picture.convert("RGB"), index=1).mode == "RGB"


@pytest.mark.parametrize("name", ["randaugment", "3-augment", "augmix", "uniformaugment"])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_batch_is_the_loop(name: str, threads: int) -> None:
    """For arrays, with targets and with an Output too."""
    images = noise(20, 32, 32, 4)
    for output in (None, Output(mean=0.5, std=0.2, layout="CHW")):
        augment = augplug.Augmenter(name, channels="RGBA", output=output)
        loop = np.stack([augment(image, index=index) for index, image in enumerate(images)])
        assert np.array_equal(augment.batch(images, indices=range(20), threads=threads), loop)
        if name == "augmix":
            continue
        made = augment.batch(images, indices=range(20), threads=threads, mask=[image[..., 0] for image in images])
        assert np.array_equal(made["image"], loop)


def test_an_array_of_four_channels_that_does_not_say_so_is_four_channels() -> None:
    """Invert inverts all of them."""
    augment = augplug.Augmenter(augplug.step("Invert"))

    assert np.array_equal(augment(RGBA, index=0), 255 - RGBA)
    assert augment.plan(RGBA, index=0).channels is None


@pytest.mark.parametrize("name", MIXING)
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_alpha_is_mixed_as_a_further_channel_is(name: str, backend: str, dtype: str) -> None:
    """Mixing does the same to each channel: a batch that does not say what its last channel is comes out equal."""
    images = noise(6, 20, 30, 4, dtype=dtype)
    plain, declared = (
        augplug.Augmenter(step(name), backend=backend, channels=channels, seed=5) for channels in (None, "RGBA")
    )
    expected = plain.batch(images, indices=range(6))

    assert np.array_equal(declared.batch(images, indices=range(6)), expected)
    assert not np.array_equal(expected[..., 3], images[..., 3])
    one = declared(images[0], partner=images[1], index=0)
    assert np.array_equal(one, plain(images[0], partner=images[1], index=0))
    opaque = images[1].copy()
    opaque[..., 3] = 1 if dtype == "float32" else np.iinfo(dtype).max
    assert np.array_equal(
        declared(images[0], partner=images[1][..., :3], index=0), declared(images[0], partner=opaque, index=0)
    )
    plan = declared.plan(images[0], partner=images[1], index=0)
    assert np.array_equal(augplug.replay(augplug.load_plan(plan.to_json()), images[0], images[1]), one)


def test_a_raw_partner_of_another_size_is_resized_with_its_alpha() -> None:
    """As four channels are."""
    paired = step("SamplePairing", weight=0.4)
    mine, theirs = noise(20, 30, 4), noise(37, 41, 4, seed=2)
    plain, declared = (augplug.Augmenter(paired, channels=channels) for channels in (None, "RGBA"))

    assert np.array_equal(declared(mine, partner=theirs, index=0), plain(mine, partner=theirs, index=0))


def test_a_partner_with_alpha_needs_an_image_with_alpha() -> None:
    """There is nothing to mix its alpha with; a grey partner of an image with alpha is opaque."""
    augment = augplug.Augmenter(augplug.step("MixUp"))
    opaque, grey = Pillow.fromarray(RGBA[..., :3]), Pillow.fromarray(LA)

    with pytest.raises(TargetError, match=r"partner has alpha.*convert\('RGB'\)"):
        augment(opaque, partner=Pillow.fromarray(RGBA), index=0)
    assert augment(grey, partner=grey.convert("L"), index=0).mode == "LA"


@augplug.operation(source="a test", channels=(1, 3))
class ToOneChannel(Operation):
    """Keep the second of three channels."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One matrix of one row; nothing on grey images."""
        self.about.check_channels(canvas.channels)
        return [] if canvas.channels == 1 else [ColorMix(matrix=((0.0, 1.0, 0.0),))]


def own_step(operation: type[augplug.Operation], **more: Any) -> Step:
    """Return a step of an operation that no plugin provides."""
    return Step(op=operation.__name__, address=f"test:{operation.__name__}", operation=operation, **more)


@pytest.mark.parametrize("backend", BACKENDS)
def test_three_channels_to_one_give_grey_with_alpha(backend: str) -> None:
    """An array of two channels, a PIL image of mode LA; what follows sees one colour channel."""
    policy = augplug.sequence(own_step(ToOneChannel), augplug.step("Invert"), augplug.step("Rotate90", turns=1))
    augment = augplug.Augmenter(policy, channels="RGBA", backend=backend)
    made = augment(RGBA, index=0)

    assert np.array_equal(made, np.rot90(np.dstack([255 - RGBA[..., 1], RGBA[..., 3]])))
    assert augment(Pillow.fromarray(RGBA), index=0).mode == "LA"


def roll(sample: dict[str, Any], _key: int) -> dict[str, Any]:
    """Move everything a pixel to the right, around the border."""
    made = dict(sample, image=np.roll(255 - sample["image"], 1, axis=1))
    if "masks" in sample:
        made["masks"] = [np.roll(mask, 1, axis=1) for mask in sample["masks"]]
    return made


def halve(sample: dict[str, Any], _key: int) -> dict[str, Any]:
    """Take every other row."""
    return dict(sample, image=sample["image"][::2])


@augplug.operation(source="a test")
class RollsMasks(Operation):
    """An opaque function that takes masks."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One opaque effect."""
        return [augplug.Opaque(function=roll, key=0, targets=frozenset({"masks"}))]


@augplug.operation(source="a test")
class KeepsSize(Operation):
    """An opaque function that takes no masks and says no size."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One opaque effect."""
        return [augplug.Opaque(function=roll, key=0)]


@augplug.operation(source="a test")
class Halves(Operation):
    """An opaque function that takes no masks and makes the image smaller."""

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One opaque effect."""
        return [augplug.Opaque(function=halve, key=0, size=((canvas.height + 1) // 2, canvas.width))]


def test_an_opaque_function_gets_the_colours_and_alpha_as_a_mask() -> None:
    """As one more mask, behind those that were given; one that takes none leaves alpha."""
    mask = np.arange(40 * 46, dtype=np.int32).reshape(40, 46)
    made = augplug.Augmenter(own_step(RollsMasks), channels="RGBA")(image=RGBA, mask=mask, index=0)
    inverted = np.dstack([255 - RGBA[..., :3], RGBA[..., 3]])

    assert np.array_equal(made["image"], np.roll(inverted, 1, axis=1))
    assert np.array_equal(made["mask"], np.roll(mask, 1, axis=1))
    kept = augplug.Augmenter(own_step(KeepsSize), channels="RGBA")(RGBA, index=0)
    assert np.array_equal(kept, np.dstack([np.roll(inverted[..., :3], 1, axis=1), RGBA[..., 3]]))


def test_an_opaque_function_that_changes_the_size_alone_is_refused_at_the_first_call() -> None:
    """However seldom it is drawn; without alpha it may be drawn."""
    seldom = own_step(Halves, p=1e-9)

    with pytest.raises(ImageError, match=r"halve takes no masks and changes the size.*alpha cannot follow"):
        augplug.Augmenter(seldom, channels="RGBA")(RGBA, index=0)
    assert augplug.Augmenter(seldom)(RGBA, index=0).shape == RGBA.shape


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", ["HWC", "CHW"])
def test_an_output_normalises_the_colours_and_gives_alpha_as_0_to_1(layout: Any, dtype: str, backend: str) -> None:
    """Mean and std are those of the colour channels; alpha comes last."""
    image, output = noise(24, 30, 4, dtype=dtype), Output(mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4), layout=layout)
    policy = augplug.sequence(augplug.step("TranslateX", pixels=3, fraction=0), augplug.step("Invert"))
    plain, normal = (augplug.Augmenter(policy, channels="RGBA", output=end, backend=backend) for end in (None, output))
    made = normal(image, index=0)

    unit = plain(image, index=0) / (1.0 if dtype == "float32" else np.iinfo(dtype).max)
    expected = np.dstack([(unit[..., :3] - output.mean) / np.array(output.std), unit[..., 3]])
    expected = np.moveaxis(expected, 2, 0) if layout == "CHW" else expected
    assert made.dtype == np.float32
    assert made.flags.c_contiguous
    assert np.allclose(made, expected, atol=1e-5)
    with pytest.raises(ImageError, match="holds 4 numbers"):
        augplug.Augmenter(policy, channels="RGBA", output=Output(mean=(0.1, 0.2, 0.3, 0.4)))(image, index=0)


def test_an_output_follows_a_mix_of_images_with_alpha() -> None:
    """As it follows any mix."""
    images = noise(6, 20, 30, 4)
    mixing, output = augplug.step("MixUp"), Output(mean=0.5, std=0.25)
    made = augplug.Augmenter(mixing, channels="RGBA", output=output).batch(images, indices=range(6))
    plain = augplug.Augmenter(mixing, channels="RGBA").batch(images, indices=range(6)) / 255

    assert np.allclose(made, np.concatenate([(plain[..., :3] - 0.5) / 0.25, plain[..., 3:]], axis=-1), atol=1e-5)


@pytest.mark.parametrize("channels", ["RGBA", None])
def test_an_output_follows_a_draw_that_does_not_mix(channels: Channels | None) -> None:
    """Of a policy that mixes seldom; it was left out."""
    image = noise(20, 30, 4)
    augment = augplug.Augmenter(augplug.step("CutMix", p=1e-12), channels=channels, output=Output(std=0.5))
    made = augment(image, index=0)

    scale = np.array([2, 2, 2, 2 if channels is None else 1])
    assert made.dtype == np.float32
    assert np.allclose(made, image / 255 * scale, atol=1e-6)


def test_tensors_with_alpha_come_back_as_tensors() -> None:
    """`(4, H, W)` in, the same out, or `(2, H, W)` if the colours become grey."""
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(np.ascontiguousarray(np.moveaxis(RGBA, 2, 0)))
    augment = augplug.Augmenter("trivialaugment-wide", channels="RGBA")

    for index in range(8):
        assert np.array_equal(np.moveaxis(augment(tensor, index=index).numpy(), 0, 2), augment(RGBA, index=index))
    assert augplug.Augmenter(own_step(ToOneChannel), channels="RGBA")(tensor, index=0).shape == (2, 40, 46)


def test_what_was_given_stays_and_is_not_shared() -> None:
    """Also if nothing is drawn, and from arrays that may not be written."""
    frozen = np.asfortranarray(RGBA)
    frozen.flags.writeable = False
    augment = augplug.Augmenter(augplug.step("Invert", p=0.0), channels="RGBA")
    made = augment(frozen, index=0)

    assert np.array_equal(made, RGBA)
    assert made.flags.writeable
    assert not np.shares_memory(made, frozen)


def test_plans_say_the_channels() -> None:
    """Only those of images with alpha do, in format 2; all others are written as before."""
    augment = augplug.Augmenter("autoaugment-cifar10", seed=1)
    picture = Pillow.fromarray(RGBA)
    plan = augment.plan(picture, index=4)
    written = json.loads(plan.to_json())
    plain = json.loads(augment.plan(RGBA[..., :3], index=4).to_json())

    assert (written["augplug_plan"], written.pop("channels")) == (2, "RGBA")
    assert plain == {**written, "augplug_plan": 1}
    read = augplug.load_plan(plan.to_json())
    assert np.array_equal(np.asarray(augplug.replay(read, picture)), augplug.replay(read, RGBA))
    assert np.array_equal(augplug.replay(read, RGBA), np.asarray(augment(picture, index=4)))
    with pytest.raises(PlanError, match="RGBA, and this PIL image is LA"):
        augplug.replay(read, Pillow.fromarray(LA))
    with pytest.raises(ImageError, match="channels='RGBA' says"):
        augplug.replay(read, LA)


@pytest.mark.parametrize("change", [{"channels": "RGB"}, {"channels": ["RGBA"]}, {"channels": "LA", "augplug_plan": 1}])
def test_a_plan_of_other_channels_is_refused(change: dict[str, Any]) -> None:
    """Only format 2 has channels, and only those with alpha."""
    document = json.loads(augplug.Augmenter("autoaugment-cifar10").plan(Pillow.fromarray(RGBA), index=0).to_json())

    with pytest.raises(PlanError, match="may have channels, one of RGBA, LA"):
        augplug.load_plan(json.dumps({**document, **change}))


@pytest.mark.parametrize("given", [RGBA[..., :3], LA, RGBA[..., 0], noise(8, 8, 5)])
def test_other_channels_than_the_declared_ones_are_refused(given: Image) -> None:
    """One typed error that says what is expected."""
    with pytest.raises(ImageError, match=r"channels='RGBA' says that images are \(H, W, 4\) with alpha last, not"):
        augplug.Augmenter("autoaugment-cifar10", channels="RGBA")(given, index=0)


def test_channels_are_a_setting_like_the_others() -> None:
    """A wrong one is refused with a suggestion; it is shown, and pickled."""
    with pytest.raises(SettingsError, match=r"unknown channels 'RGB'.*are RGBA or LA"):
        augplug.Augmenter("autoaugment-cifar10", channels="RGB")  # type: ignore[arg-type]  # that is the test
    augment = augplug.Augmenter("autoaugment-cifar10", channels="LA")

    assert "channels='LA'" in repr(augment)
    assert np.array_equal(pickle.loads(pickle.dumps(augment))(LA, index=3), augment(LA, index=3))


def test_the_reference_agrees_on_alpha() -> None:
    """The two backends move alpha alike, within what they promise of warps."""
    policy = augplug.sequence(*(augplug.step(name, level=7) for name in MOVING))
    one, other = (augplug.Augmenter(policy, backend=backend, channels="RGBA")(RGBA, index=2) for backend in BACKENDS)

    assert np.array_equal(one, other)
