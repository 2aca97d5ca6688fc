"""augplug's examination of operations and policies; augplug-plugin.toml says what a blur cannot pass, and why."""

import augplug_corruptions

from augplug import testing

test_the_examination = testing.examine(augplug_corruptions)
