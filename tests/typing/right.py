"""More than thirty right uses of the public names: no type checker refuses one, and they run (`test_types.py`)."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import augplug

image = np.zeros((16, 12, 3), dtype=np.uint8)
images = np.zeros((2, 16, 12, 3), dtype=np.uint8)
mask = np.zeros((16, 12), dtype=np.uint8)
rows = np.array([[1.0, 2.0, 5.0, 6.0]])

named = augplug.Augmenter("randaugment:n=2,m=9")
seeded = augplug.Augmenter("trivialaugment-wide", seed=7, backend="reference", fuse="none")
policy: augplug.Policy = augplug.policy("randaugment", n=2, m=14)
of_policy = augplug.Augmenter(policy, seed=2**40)
of_node = augplug.Augmenter(augplug.step("Rotate", p=0.5, degrees=(-30, 30)))
of_backend = augplug.Augmenter("hand-made", backend=augplug.backends()["reference"]())
augment = augplug.Augmenter("hand-made", max_pixels=10_000)
picture: augplug.Image = augment(image, index=0)
later: augplug.Image = augment(image, index=3, epoch=1)
pixels: npt.NDArray[np.uint8] = augment(image).astype(np.uint8)
sample = augment(image=image, mask=mask, boxes=augplug.Boxes(rows), keypoints=[[1.0, 2.0]], label="cat", index=0)
moved_mask = sample["mask"]
boxes = augplug.Boxes(rows, format="coco", labels=["cat"], min_visibility=0.3)
yolo = augplug.Boxes([[0.5, 0.5, 0.2, 0.2]], "yolo")
read_back = augment(**dict[str, Any](image=image, mask=mask), index=np.int64(3))["mask"]
columns = augment.batch(images, mask=[mask, mask], indices=np.arange(2))["image"]
points = augplug.Keypoints([[1.0, 2.0], [3.0, 4.0]], flip_pairs=((0, 1),))
batch = augment.batch(images, indices=[0, 1], epoch=2, threads=2)
output = augplug.Output(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), layout="CHW")
tensor = augplug.Augmenter("hand-made", output=output, classes=10)(image, index=0)
by_name = augment(image, key="shard-3/000123.jpg", epoch=1)
named_batch = augment.batch(images, keys=["a.jpg", "b.jpg"])
several = augment(images={"left": image, "right": image}, mask=mask, index=0)["images"]["left"]
frames = augment(video=images, keypoints=rows[:, :2], index=0)["video"]
mask_alone = augplug.Augmenter("hand-made", mask_interpolation="linear")(mask=mask, index=0)["mask"]
sized = augment(boxes=rows, size=(16, 12), index=0)["size"]
plan: augplug.Plan = augment.plan(image, index=0)
replayed = augplug.replay(plan, image=image, mask=mask, boxes=rows)["mask"]
again: augplug.Image = augplug.replay(augplug.load_plan(plan.to_json()), image)
tree = augplug.sequence(
    augplug.step("Invert", 0.5), augplug.one_of(augplug.step("Equalize"), augplug.step("Color", level=4))
)
weighted = augplug.some_of((1, 2), augplug.step("Invert"), augplug.step("Equalize"), replacement=False, weights=[1, 2])
mixture = augplug.blend(augplug.step("Invert"), augplug.step("Rotate", degrees={"normal": [0, 9], "clip": [-9, 9]}))
composed = augplug.compose(["Invert", augplug.step("Rotate", degrees=augplug.Uniform(-9, 9))], p=0.8)
jitter = augplug.color_jitter(brightness=0.2, hue=(-0.1, 0.1), p=0.5)
whole = augplug.Policy(augplug.step("Invert"), "mine", scale="randaugment", fuse="exact", defaults={"fill": 128})
read: augplug.Policy = augplug.load_policy(whole.to_json())
pairs: list[tuple[int, int]] = list(augplug.EpochSampler(4, seed=0, shuffle=False))
shared = augplug.EpochSampler(4, seed=0, rank=1, replicas=2, weights=[0.5, 1.0, 1.0, 2.0], even=True)
proposals = augplug.searches()["randaugment"](seed=0).ask(2)
result = augplug.Result(proposals[0].number, reward=0.5)


@augplug.operation(source="this file")
class Darker(augplug.Operation):
    """Multiply by a factor."""

    factor: float = augplug.parameter(low=0, high=1, unit="times", level=(1, 0.2))

    def describe(self, canvas: augplug.Canvas) -> list[augplug.Effect]:
        """One tone."""
        return [augplug.Tone(times, self.factor)]


def times(values: augplug.Values, factor: float) -> augplug.Values:
    """Multiply values."""
    return values * factor


darker = Darker(factor=0.5)
place = Path("run") / "policy.json"
