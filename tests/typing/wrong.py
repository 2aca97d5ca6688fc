"""More than thirty wrong uses of the public names, each on a line that says `# error: NAME` (`test_types.py`).

Each type checker that `test_types.py` runs refuses each of them; `only pyright` says that mypy cannot see the mistake.
`test_types.py` runs the lines too: each raises a typed error.
"""

import numpy as np

import augplug

image = np.zeros((16, 12, 3), dtype=np.uint8)
images = np.zeros((2, 16, 12, 3), dtype=np.uint8)
rows = np.array([[1.0, 2.0, 5.0, 6.0]])
augment = augplug.Augmenter("hand-made")
plan = augment.plan(image, index=0)

augplug.Augmenter("randaugment", outputs=3)  # error: misspelt-output
augplug.Augmenter("randaugment", n=2)  # error: argument-of-the-policy
augplug.Augmenter("randaugment", seed="seven")  # error: text-as-seed
augplug.Augmenter("randaugment", seed=0.5)  # error: real-seed
augplug.Augmenter("randaugment", backend=3)  # error: number-as-backend
augplug.Augmenter("randaugment", fuse="all")  # error: unknown-fuse-mode
augplug.Augmenter("randaugment", classes="ten")  # error: text-as-classes
augplug.Augmenter("randaugment", output="CHW")  # error: text-as-output
augplug.Augmenter("randaugment", 7)  # error: positional-seed
augplug.Augmenter(3)  # error: number-as-policy
augplug.Augmenter("randaugment", mask_interpolation="area")  # error: unknown-mask-interpolation
augment(image, indx=0)  # error: misspelt-index
augment(image, index="0")  # error: text-as-index
augment(image, 0)  # error: positional-index
augment(image=image, box=rows)  # error: misspelt-target
augment(image, index=0, epoch=1.5)  # error: real-epoch
augment(image, key=3)  # error: number-as-key
augment(images=[image], index=0)  # error: list-as-images
augment(boxes=rows, size=16)  # error: number-as-size
augment.batch(images, indexes=[0, 1])  # error: misspelt-indices
augment.batch(images, threads="two")  # error: text-as-threads
augment.plan(image, indx=0)  # error: misspelt-index-of-plan
augplug.Boxes(rows, format="coc")  # error: unknown-box-format
augplug.Boxes(rows, min_visibility="half")  # error: text-as-visibility
augplug.Output(layout="CWH")  # error: unknown-layout
augplug.Output(means=0.5)  # error: misspelt-mean
augplug.EpochSampler(10, sed=0)  # error: misspelt-seed
augplug.step("Rotate", p="high")  # error: text-as-probability
augplug.compose([augplug.step("Invert")], q=0.5)  # error: misspelt-probability
augplug.one_of(augplug.step("Invert"), weight=[1])  # error: misspelt-weights
augplug.some_of(1, 2, 3)  # error: numbers-as-nodes
augplug.color_jitter(brightnes=0.2)  # error: misspelt-brightness
augplug.replay(image, plan)  # error: swapped-arguments
augplug.replay(plan, image=image, maks=image)  # error: misspelt-target-of-replay
augplug.Policy(augplug.step("Invert"), fuse="fast")  # error: unknown-fuse-mode-of-policy
