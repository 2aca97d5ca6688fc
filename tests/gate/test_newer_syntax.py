"""The syntax that Python got after 3.11: what fair authors write with it passes, and no rule loses sight of it."""

import platform
import sys

import pytest

from augplug.gate import rules
from tests.gate.building import artifact

FAIR = {
    "a name for types": (
        (3, 12),
        "import numpy as np\ntype Picture = np.ndarray | None\ndef f(a: Picture) -> Picture:\n    return a\n",
    ),
    "a name for types of its own parameters": (
        (3, 12),
        (
            "from collections.abc import Sequence\ntype Pair[T] = tuple[T, Sequence[T]]\n"
            "def f(a: Pair[int]) -> int:\n    return a[0]\n"
        ),
    ),
    "a function of a parameter with a bound": (
        (3, 12),
        "import numpy as np\ndef f[Array: np.ndarray](a: Array) -> Array:\n    return a.copy()\n",
    ),
    "a class of a parameter": ((3, 12), "class Kept[T]:\n    value: T\n"),
    "parameters of every kind": (
        (3, 12),
        (
            "from collections.abc import Callable\n"
            "def f[*Ts, **P](a: Callable[P, int], *b: *Ts) -> int:\n    return len(b)\n"
        ),
    ),
    "a parameter with a default": (
        (3, 13),
        "import numpy as np\nclass Kept[Array: np.ndarray = np.ndarray]:\n    value: Array\n",
    ),
    "two errors without parentheses": (
        (3, 14),
        "def f(a):\n    try:\n        return 1 / a\n    except ValueError, ZeroDivisionError:\n        return 0\n",
    ),
    "a template": ((3, 14), "def f(a):\n    return t'{a} of it'.values\n"),
}
"""Fair sources, and the first Python that reads each."""
HOSTILE = {
    "a name for types, called": ((3, 12), "allow/type", "import numpy as np\ntype T = np.ndarray\nx = T((1,))\n"),
    "the value of a name for types": ((3, 12), "allow/dunder", "type T = int\nx = T.__value__\n"),
    "the value, evaluated": (
        (3, 12),
        "allow/attribute",
        "import numpy as np\ntype T = np.ndarray\ndef f(a):\n    return T.evaluate_value(1)((1,), object, a)\n",
    ),
    "a bound, evaluated": (
        (3, 11),
        "allow/attribute",
        (
            "import numpy as np\nfrom typing import TypeVar\nT = TypeVar('T', bound=np.ndarray)\n"
            "def f(a):\n    return T.evaluate_bound(1)((1,), object, a)\n"
        ),
    ),
    "constraints, evaluated": ((3, 11), "allow/attribute", "def f(t):\n    return t.evaluate_constraints(1)\n"),
    "a default, evaluated": ((3, 11), "allow/attribute", "def f(t):\n    return t.evaluate_default(1)\n"),
    "the parameters of a function": ((3, 12), "allow/dunder", "def f[T](a: T): pass\nx = f.__type_params__\n"),
    "a builtin as a bound": ((3, 12), "allow/builtin", "def f[T: open](a: T): pass\n"),
    "a builtin as the text of a bound": ((3, 12), "allow/builtin", "def f[T: 'open'](a: T): pass\n"),
    "a builtin in a name for types": ((3, 12), "allow/builtin", "type T = open\n"),
    "a builtin in the text of a name for types": ((3, 12), "allow/builtin", "type T = 'open'\n"),
    "an import in a name for types": ((3, 12), "allow/import", "import os\ntype T = os.PathLike\n"),
    "an imported name, bound again": ((3, 12), "allow/rebound", "import math\ntype math = int\n"),
    "a parameter that hides a builtin": ((3, 12), "allow/rebound", "def f[isinstance](a: isinstance): pass\n"),
    "a parameter that hides an import": ((3, 12), "allow/rebound", "import math\nclass A[math]: pass\n"),
    "a builtin as a default": ((3, 13), "allow/builtin", "class A[T = open]: pass\n"),
    "what is annotated, evaluated": ((3, 11), "allow/dunder", "def f(a: int): pass\nx = f.__annotate__(1)\n"),
    "a builtin in a template": ((3, 14), "allow/builtin", "def f():\n    return t'{open}'.values[0]\n"),
    "an attribute in a template": ((3, 14), "allow/dunder", "def f(a):\n    return t'{a.__class__}'.values[0]\n"),
    "a template of a template": ((3, 14), "allow/builtin", "def f(a):\n    return t'{a:>{eval}}'\n"),
}
"""Sources that reach for more, the first Python that reads each, and a rule that refuses it."""


def refusals(source: str) -> set[str]:
    found = rules.check(artifact({"my_ops.py": source})).findings
    return {finding.rule for finding in found if finding.severity == "refusal"}


@pytest.mark.parametrize("name", FAIR)
def test_a_fair_source_passes(name: str) -> None:
    first, source = FAIR[name]
    if sys.version_info >= first:
        assert refusals(source) == set()
    else:
        assert refusals(source) == {"allow/unreadable"}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_source_is_refused_by_its_rule(name: str) -> None:
    first, rule, source = HOSTILE[name]
    if sys.version_info >= first:
        assert rule in refusals(source)
    else:
        assert refusals(source) == {"allow/unreadable"}


def test_who_cannot_read_a_source_says_its_version() -> None:
    (found,) = rules.check(artifact({"my_ops.py": "type = = int\n"})).findings
    assert found.message.startswith(f"cannot be parsed by Python {platform.python_version()}: SyntaxError")


def test_a_warning_of_python_s_is_the_linters_business() -> None:
    """`'\\d'` warns whoever parses it, from Python 3.12 on by default, and would be an error to who asks for errors."""
    assert refusals("x = '\\d'\n") == set()
