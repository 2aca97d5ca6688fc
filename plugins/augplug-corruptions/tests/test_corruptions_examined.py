"""augplug's examination of operations and policies, all of it but what a blur cannot pass."""

import augplug_corruptions

from augplug import testing

BLURRED = "a blur spreads what is seen over more than the 2 pixels that the check allows; nothing is moved"
DRAGGED = "what is seen is dragged along, as published, and annotations are of the scene: README.md says so"

test_the_examination = testing.examine(
    augplug_corruptions,
    expected_failures={
        "targets-follow:CorruptionDefocusBlur": BLURRED,
        "targets-follow:CorruptionMotionBlur": DRAGGED,
        "targets-follow:CorruptionZoomBlur": DRAGGED,
    },
)
