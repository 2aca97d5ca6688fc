import re
from pathlib import Path

import pytest

from augplug.gate.findings import refused
from augplug.gate.rules import capabilities, check
from tests.gate import building
from tests.gate.evasions import DECLARED, EVASIONS, LOOK_ALIKES, MISSES

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "plugins/augplug-optuna"


def rules(source: str, *, capabilities: str = "") -> set[str]:
    files = {"my_ops/__init__.py": source}
    if capabilities:
        files["my_ops/augplug-plugin.toml"] = capabilities
    result = check(building.artifact(files))
    return {finding.rule for finding in result.findings if finding.severity == "refusal"}


@pytest.mark.parametrize("name", EVASIONS)
def test_an_evasion_is_refused(name: str) -> None:
    source, rule = EVASIONS[name]
    assert rule in rules(source)


@pytest.mark.parametrize("name", DECLARED)
def test_a_capability_does_not_cover_it(name: str) -> None:
    source, capability, rule = DECLARED[name]
    declared = f'augplug-plugin = 1\n[capabilities]\n{capability} = "a reason"\n'
    assert rules(source, capabilities=declared) == {rule}


def test_a_name_is_not_both_imported_and_a_module_of_the_package() -> None:
    files = {
        "my_ops/__init__.py": "def f():\n    from my_ops.a import b\n",
        "my_ops/a.py": "def b():\n    return 1\n",
        "my_ops/b.py": "import numpy as np\n",
        "my_ops/c.py": "import my_ops.b\ndef f():\n    my_ops.b.np.load('a')\n",
    }
    assert {finding.rule for finding in check(building.artifact(files)).findings} == {"allow/rebound"}


RELATIVE = [
    ("my_ops/ops.py", "from .tools import np", "np"),
    ("my_ops/ops.py", "from . import tools", "tools.np"),
    ("my_ops/deep/ops.py", "from ..tools import np", "np"),
    ("my_ops/deep/ops.py", "from .. import tools", "tools.np"),
    ("my_ops/deep/ops.py", "from .inner import numbers", "numbers"),
    ("my_ops/deep/ops.py", "from . import inner", "inner.numbers"),
    ("my_ops/deep/__init__.py", "from .inner import numbers", "numbers"),
    ("my_ops/deep/__init__.py", "from ..tools import np", "np"),
]


@pytest.mark.parametrize(("path", "statement", "name"), RELATIVE)
def test_a_relative_import_leads_to_the_module_that_it_names(path: str, statement: str, name: str) -> None:
    """What numpy must not do is found behind it, and what numpy may do is fair."""

    def found(call: str) -> set[str]:
        files = {
            "my_ops/__init__.py": "",
            "my_ops/tools.py": "import numpy as np\n",
            "my_ops/deep/__init__.py": "",
            "my_ops/deep/inner.py": "import numpy as numbers\n",
            path: f"{statement}\n\n\ndef f(image):\n    return {name}.{call}\n",
        }
        return {finding.rule for finding in check(building.artifact(files)).findings}

    assert found("load('a')") == {"allow/member"}
    assert found("flip(image)") == set()


def test_every_rule_has_a_source_that_it_refuses_and_one_that_it_passes() -> None:
    text = "".join(path.read_text("utf-8") for path in (ROOT / "augplug/gate/rules").glob("*.py"))
    named = set(re.findall(r'"((?:allow|house|suppressions)/[a-z-]+)"', text))
    assert named - {rule for _, rule in EVASIONS.values()} == {capabilities.RULE}, "its files are below"
    assert named - set(LOOK_ALIKES) == {capabilities.RULE}


@pytest.mark.parametrize(
    ("rule", "number"), [(rule, n) for rule, given in LOOK_ALIKES.items() for n in range(len(given))]
)
def test_a_look_alike_passes(rule: str, number: int) -> None:
    assert rules(LOOK_ALIKES[rule][number]) == set()


@pytest.mark.parametrize("name", MISSES)
def test_a_miss_is_still_one_and_is_published(name: str) -> None:
    assert rules(MISSES[name]) == set(), "no longer missed: move it to EVASIONS, and take it off the page"
    page = (ROOT / "docs/plugins/misses.md").read_text("utf-8")
    assert f"## {name}\n" in page
    assert f"```text\n{MISSES[name]}```" in page
    assert page.count("\n## ") == len(MISSES)


@pytest.mark.parametrize(
    "text",
    [
        "augplug-plugin = 2",
        "augplug-plugin = true",
        "augplug-plugin = 1\nother = 1",
        'augplug-plugin = 1\n[capabilities]\nprocess = ""',
        'augplug-plugin = 1\n[capabilities]\nos = "a stdlib module"',
        'augplug-plugin = 1\n[capabilities]\ndill = "never"',
        "= no toml",
    ],
)
def test_a_file_of_capabilities_is_read_strictly(text: str) -> None:
    assert rules("", capabilities=text) == {"allow/capability"}


def test_a_capability_gives_its_modules_and_no_others() -> None:
    declared = 'augplug-plugin = 1\n[capabilities]\nfiles = "reads a table"\n'
    assert rules("from pathlib import Path\ndef f():\n    return open(Path('a'))\n", capabilities=declared) == set()
    assert rules("import subprocess\n", capabilities=declared) == {"allow/import"}
    assert rules("import pathlib\ndef f():\n    pathlib.os.system('a')\n", capabilities=declared) == {
        "allow/member",
        "allow/attribute",
    }
    library = 'augplug-plugin = 1\n[capabilities]\ntorch = "a model"\n'
    assert rules("import torch\nX = torch.tensor([1])\n", capabilities=library) == set()
    everything = 'augplug-plugin = 1\n[capabilities]\nprocess = "a"\ndynamic = "b"\n'
    assert rules("import pickle\n", capabilities=everything) == {"allow/import"}


@pytest.mark.parametrize("name", ["files", "process", "network", "threads", "native", "dynamic"])
def test_a_capability_is_no_leave_to_import_a_library_of_its_name(name: str) -> None:
    declared = f'augplug-plugin = 1\n[capabilities]\n{name} = "it reads a table"\n'

    assert rules(f"import {name}\ndef f():\n    return {name}.run()\n", capabilities=declared) == {"allow/import"}
    assert rules(f"def f():\n    from {name}.more import run\n    return run()\n", capabilities=declared) == {
        "allow/import"
    }


TORCH = 'augplug-plugin = 1\n[capabilities]\ntorch = "a model"\n'


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ndef f(image):\n    return torch.ops.cast(image)\n",
        "def f(image):\n    from torch.ops import builder\n    return builder.cast(image)\n",
    ],
)
def test_a_declared_library_may_call_a_function_as_memory_does(source: str) -> None:
    assert rules(source, capabilities=TORCH) == set()
    assert "allow/attribute" in rules(source)


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ndef f(image):\n    return torch.tensor(image).cast('q')\n",
        "import torch\ndef f(image):\n    builder = torch.view(image)\n    return builder.cast('q')\n",
        "import torch\ndef f(image):\n    return image.data.cast('q')\n",
        "import torch\ndef f(image):\n    torch.tensors.save('a')\n",
        "import torch\ndef f(image):\n    return torch.ctypes.cast(image, torch.ctypes.py_object)\n",
        "import torch\nfrom numpy import float32\ndef f():\n    return float32.fields\n",
    ],
)
def test_nothing_else_may_for_its_sake(source: str) -> None:
    """What a library returns, an array's memory, a method that writes, ctypes in it, and what others hold."""
    assert "allow/attribute" in rules(source, capabilities=TORCH)


def test_a_module_cannot_travel_through_the_plugin_s_own() -> None:
    files = {
        "my_ops/__init__.py": "from my_ops.a import np\ndef f():\n    np.load('x')\n",
        "my_ops/a.py": "import numpy as np\n",
    }
    assert "allow/member" in {finding.rule for finding in check(building.artifact(files)).findings}


def test_a_module_of_python_is_not_the_plugin_s_own() -> None:
    files = {"my_ops.py": "import gc\n", "gc.py": ""}
    assert "allow/import" in {finding.rule for finding in check(building.artifact(files)).findings}


def test_a_suppression_with_a_reason_is_a_waiver() -> None:
    result = check(building.artifact({"my_ops/__init__.py": LOOK_ALIKES["suppressions/reason"][0]}))
    assert [(w.tool, w.code, w.reason) for w in result.waivers] == [("ruff", "F401", "kept for the reader")]


def test_the_plugin_of_this_repository_passes() -> None:
    folder = PLUGIN / "augplug_optuna"
    files = {f"augplug_optuna/{path.name}": path.read_bytes() for path in folder.iterdir() if path.is_file()}
    result = check(building.artifact(files, name="augplug-optuna"))
    assert not refused(result.findings), result.findings
    assert set(result.capabilities) == {"optuna"}


def test_a_module_may_load_what_is_heavy_when_it_is_asked_for() -> None:
    lazy = "def __getattr__(name: str) -> object:\n    raise AttributeError(name)\n"
    method = "class A:\n    def __getattr__(self, name: str) -> object:\n        raise AttributeError(name)\n"
    dynamic = 'augplug-plugin = 1\n[capabilities]\ndynamic = "why"\n'
    assert rules(lazy) == {"allow/dunder"}
    assert rules(lazy, capabilities=dynamic) == set()
    assert rules(method, capabilities=dynamic) == {"allow/dunder"}


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ('"targets-follow:Blur" = "why"', ["targets-follow:Blur"]),
        ('"targets-follow" = "why"\npickles = " "', None),
        ("pickles = 1", None),
    ],
)
def test_expected_failures_of_the_examination_are_waivers(table: str, named: list[str] | None) -> None:
    text = f"augplug-plugin = 1\n[expected-failures]\n{table}\n"
    result = check(building.artifact({"my_ops/__init__.py": "", "my_ops/augplug-plugin.toml": text}))
    assert refused(result.findings) == (named is None)
    if named is not None:
        assert [(waiver.tool, waiver.code, waiver.reason) for waiver in result.waivers] == [
            ("examination", name, "why") for name in named
        ]
