"""The commands of augplug itself: names that no plugin's command can have, and a line for each."""

from __future__ import annotations

from collections.abc import Mapping

SUMMARIES: Mapping[str, str] = {
    "demo": "Search a policy for 5,000 real handwritten digits: the main job, with nothing to give.",
    "data": "Say what a data set holds, and what a search of it may expect.",
    "search": "Search a policy for your own images.",
    "settings": "List the settings of a search, of its algorithm and of its child model.",
    "report": "Write the page of a finished search again.",
    "compare": "Print the numbers of finished searches side by side, and plot them.",
    "apply": "Augment a folder of image files.",
    "preview": "Write a sheet of what a policy does to an image.",
    "explain": "Print one draw of a policy: what was drawn, and what is done to the pixels.",
    "replay": "Do a saved draw again, to the bit.",
    "export": "Write a policy or a draw in the format of another system.",
    "ops": "List and show operations.",
    "policies": "List, show, check and add policies.",
    "plugins": "List, check, approve, install and write plugins.",
    "doctor": "Show versions, backends and plugins, and what is wrong with them.",
}
