"""augplug's examination of the backend: every effect on every kind of image, beside the reference."""

import augplug_numba

from augplug import testing

test_the_examination = testing.examine(augplug_numba)
