"""What all of these tests need: one thread, and a torchvision that loads."""

import torch

torch.set_num_threads(1)
try:
    import torchvision  # noqa: F401  # whether it can be imported
except RuntimeError:
    # Its compiled operators were built for another torch than the one here (that of a CPU), and without them it cannot
    # even be imported, unless their schemas are declared. Nothing here calls them.
    LIBRARY = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        LIBRARY.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
