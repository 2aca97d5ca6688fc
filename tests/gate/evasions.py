"""Ways around a gate, one file each: the name, the source, and the rule that refuses it; and what passes for good."""

from tests.gate import building

EVASIONS: dict[str, tuple[str, str]] = {
    "exec": ("def f():\n    exec('1')\n", "allow/builtin"),
    "eval": ("def f():\n    return eval('1')\n", "allow/builtin"),
    "compile": ("def f():\n    return compile('1', 'a', 'eval')\n", "allow/builtin"),
    "dunder-import": ("def f():\n    return __import__('os')\n", "allow/dunder"),
    "open": ("def f():\n    return open('a')\n", "allow/builtin"),
    "globals": ("def f():\n    return globals()\n", "allow/builtin"),
    "os-system": ("import os\ndef f():\n    os.system('a')\n", "allow/import"),
    "os-alias": ("import os\ndef f():\n    p = os.system\n    p('a')\n", "allow/import"),
    "getattr-split": ("import os\ndef f():\n    getattr(os, 'sys' + 'tem')('a')\n", "allow/builtin"),
    "subprocess": ("def f():\n    import subprocess\n    subprocess.run(['a'])\n", "allow/import"),
    "asyncio": ("import asyncio\ndef f():\n    return asyncio.create_subprocess_shell('a')\n", "allow/import"),
    "socket": ("import socket\n", "allow/import"),
    "ctypes": ("import ctypes\n", "allow/import"),
    "runpy": ("import runpy\n", "allow/import"),
    "pickle": ("import pickle\n", "allow/import"),
    "importlib": ("import importlib\n", "allow/import"),
    "third-party": ("import requests\n", "allow/import"),
    "np-load": ("import numpy as np\ndef f():\n    return np.load('a', allow_pickle=True)\n", "allow/member"),
    "np-load-from": ("from numpy import load\n", "allow/member"),
    "np-load-alias": ("import numpy as np\nread = np.load\n", "allow/member"),
    "np-lib": ("import numpy as np\ndef f():\n    return np.lib.npyio.os\n", "allow/member"),
    "skimage-io": ("from skimage import io\n", "allow/member"),
    "scipy-io": ("import scipy\ndef f():\n    return scipy.io.loadmat('a')\n", "allow/member"),
    "np-frompyfunc": ("import numpy as np\ndef f(g):\n    return np.frompyfunc(g, 1, 1)\n", "allow/member"),
    "np-memmap": ("import numpy as np\ndef f():\n    return np.memmap('a')\n", "allow/member"),
    "np-ctypeslib": ("import numpy.ctypeslib\n", "allow/member"),
    "patch-numpy": ("import numpy as np\ndef f(g):\n    np.sum = g\n", "allow/store"),
    "patch-augplug": ("import augplug\ndef f(g):\n    augplug.Operation.describe = g\n", "allow/store"),
    "patch-alias": ("import augplug\ndef f(g):\n    x = augplug.Operation\n    x.describe = g\n", "allow/store"),
    "tofile": ("def f(image):\n    image.tofile('a')\n", "allow/attribute"),
    "dump": ("def f(image):\n    image.dump('a')\n", "allow/attribute"),
    "dataclasses-sys": ("import dataclasses\ndef f():\n    return dataclasses.sys\n", "allow/member"),
    "make-dataclass": ("from dataclasses import make_dataclass\n", "allow/member"),
    "namedtuple": ("from collections import namedtuple\n", "allow/member"),
    "singledispatch": (
        "from functools import singledispatch\ndef f():\n    g = singledispatch(print)\n    @g.register\n    def h(a: list['open(1)']):\n        pass\n",  # noqa: E501  # one source a line
        "allow/member",
    ),
    "forward-reference": (
        "from typing import Annotated\ndef f(text):\n    return Annotated[text, 0]._evaluate({}, {}, frozenset())\n",
        "allow/attribute",
    ),
    "type-hints": ("import typing\ndef f(g):\n    return typing.get_type_hints(g)\n", "allow/member"),
    "enum-sys": ("from enum import sys\n", "allow/member"),
    "subclasses": ("def f():\n    return ().__class__.__base__.__subclasses__()\n", "allow/dunder"),
    "globals-of": ("def f():\n    return f.__globals__\n", "allow/dunder"),
    "builtins-name": ("def f():\n    return __builtins__\n", "allow/dunder"),
    "traceback": (
        "def f():\n    try:\n        1 / 0\n    except ZeroDivisionError as e:\n        return e.__traceback__\n",
        "allow/dunder",
    ),
    "frame": ("def f(t):\n    return t.tb_frame.f_globals\n", "allow/attribute"),
    "generator-frame": ("def f(g):\n    return g.gi_frame\n", "allow/attribute"),
    "match-class": (
        "def f(g):\n    match g:\n        case object(__globals__=x):\n            return x\n",
        "allow/dunder",
    ),
    "match-frame": (
        "def f(g):\n    match g:\n        case object(gi_frame=x):\n            return x\n",
        "allow/attribute",
    ),
    "annotation": ("def f(a: '__import__(\"os\")') -> None:\n    pass\n", "allow/dunder"),
    "f-string": ("def f():\n    return f'{open(1)}'\n", "allow/builtin"),
    "default": ("def f(a=open):\n    return a\n", "allow/builtin"),
    "decorator": ("@eval\ndef f():\n    pass\n", "allow/builtin"),
    "lambda": ("f = lambda: eval('1')\n", "allow/builtin"),
    "walrus": ("def f():\n    return (g := eval)('1')\n", "allow/builtin"),
    "partial": ("import functools\ndef f():\n    return functools.partial(exec, '1')\n", "allow/builtin"),
    "star": ("from numpy import *\n", "allow/star"),
    "module-value": ("import numpy as np\ndef f():\n    return [np]\n", "allow/module-value"),
    "rebound": ("import numpy as np\ndef f(g):\n    global np\n    np = g\n", "allow/rebound"),
    "two-origins": ("import numpy as np\nimport math as np\n", "allow/rebound"),
    "two-members": ("from math import sin\nfrom cmath import sin\n", "allow/rebound"),
    "two-scopes": ("import numpy as np\ndef f():\n    import math as np\n", "allow/rebound"),
    "import-builtin": (
        "def f():\n    from math import floor as eval\ndef g():\n    return eval('1')\n",
        "allow/builtin",
    ),
    "rest-of-case": (
        "import numpy as np\ndef f(g):\n    match g:\n        case {**np}:\n            return np.sum\n",
        "allow/rebound",
    ),
    "loop": ("for i in range(3):\n    print(i)\n", "allow/module-level"),
    "call": ("def f():\n    pass\nX = f()\n", "allow/module-level"),
    "call-of-an-alias": ("f = lambda: 1\nX = f()\n", "allow/module-level"),
    "call-of-an-item": ("X = [lambda: 1][0]()\n", "allow/module-level"),
    "call-of-each": ("X = [f() for f in (lambda: 1,)]\n", "allow/module-level"),
    "own-decorator": ("def d(g):\n    return g\n@d\ndef f():\n    pass\n", "allow/module-level"),
    "try-import": ("try:\n    import numpy\nexcept ImportError:\n    pass\n", "allow/module-level"),
    "not-typing": ("from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    import numpy\n", "allow/module-level"),
    "typing-negated": (
        "from typing import TYPE_CHECKING\ndef f():\n    if not TYPE_CHECKING:\n        print(1)\n",
        "allow/type-checking",
    ),
    "typing-inside": (
        "import typing\ndef f():\n    return 1 if typing.TYPE_CHECKING else 2\n",
        "allow/type-checking",
    ),
    "typing-renamed": ("from typing import TYPE_CHECKING as T\nif T:\n    import math\n", "allow/type-checking"),
    "typing-own": ("def f(PY2):\n    if PY2:\n        print(1)\n", "allow/type-checking"),
    "typing-of-anything": ("def f(g):\n    if g().MYPY:\n        print(1)\n", "allow/type-checking"),
    "own-sys": ("def f(sys):\n    if sys.version_info < (3,):\n        print(1)\n", "allow/type-checking"),
    "set-name": ("class A:\n    def __set_name__(self, a, b):\n        pass\n", "allow/dunder"),
    "init-subclass": ("class A:\n    def __init_subclass__(cls):\n        pass\n", "allow/dunder"),
    "reduce": ("class A:\n    def __reduce__(self):\n        return print, ()\n", "allow/dunder"),
    "registry": ("import augplug\ndef f():\n    return augplug.registry\n", "allow/member"),
    "register-policy": ("import augplug\ndef f():\n    augplug.register_policy('a', None)\n", "allow/member"),
    "search": ("from augplug import search\n", "allow/member"),
    "plugins": ("import augplug\ndef f():\n    return augplug.plugins()\n", "allow/member"),
    "backends": ("import augplug\ndef f():\n    return augplug.backends()['opencv']()\n", "allow/member"),
    "processes": ("import augplug\ndef f():\n    return augplug.Processes(workers=1)\n", "allow/import"),
    "load-policy": ("import augplug\ndef f():\n    return augplug.load_policy('a.json')\n", "allow/import"),
    "augmenter": ("import augplug\ndef f():\n    return augplug.Augmenter('a.json')\n", "allow/import"),
    "policies-alias": ("from augplug import policies as p\n", "allow/import"),
    "registry-import": ("from augplug.registry import hooks\n", "allow/member"),
    "np-random": ("import numpy as np\ndef f():\n    return np.random.rand(3)\n", "allow/member"),
    "unseeded": ("import numpy as np\ndef f():\n    return np.random.default_rng()\n", "house/randomness"),
    "in-place": ("def f(image):\n    image += 1\n", "house/in-place"),
    "in-place-out": ("import numpy as np\ndef f(image):\n    np.add(image, 1, out=image)\n", "house/in-place"),
    "in-place-alias": ("def f(image):\n    x = image\n    x[...] = 0\n", "house/in-place"),
    "noqa": ("import math  # noqa\n", "suppressions/blanket"),
    "nosec": ("import math  # nosec\n", "suppressions/blanket"),
    "type-ignore": ("import math  # type: ignore\n", "suppressions/blanket"),
    "mypy": ("# mypy: ignore-errors\n", "suppressions/blanket"),
    "pylint-all": ("# pylint: disable=all\n", "suppressions/blanket"),
    "pylint-skip": ("# pylint: skip-file\n", "suppressions/blanket"),
    "no-reason": ("import math  # noqa: F401\n", "suppressions/reason"),
    "too-deep": ("X = " + "-" * 5000 + "1\n", "allow/unreadable"),
    "deep-sum": ("X = " + "+".join(["1"] * 2500) + "\n", "allow/unreadable"),
    "setattr-short": ("class A:\n    def __post_init__(self):\n        object.__setattr__()\n", "allow/dunder"),
    "type-of-three": ("def f():\n    return type('A', (), {})\n", "allow/dynamic"),
    "metaclass": ("class A(metaclass=print):\n    pass\n", "allow/dynamic"),
    "new-self": ("import augplug\ndef f():\n    self = augplug.Operation\n    self.describe = 1\n", "allow/dynamic"),
    "class-import": ("class A:\n    import numpy as np\ndef f():\n    A.np.load('a')\n", "allow/module-value"),
    "import-dunder": ("from math import pi as __path__\n", "allow/dunder"),
    "match-dunder": (
        "def f():\n    global __path__\n    match ['/tmp']:\n        case [*__path__]:\n            pass\n",
        "allow/dunder",
    ),
    "wraps": (
        "import augplug\nimport functools\nclass A:\n    describe = 1\ndef f():\n    functools.wraps(A, assigned=('describe',), updated=())(augplug.Operation)\n",  # noqa: E501  # one source a line
        "allow/import",
    ),
    "type-alias": ("def f():\n    t = type\n    return t('A', (), {'__annotations__': {}})\n", "allow/dynamic"),
    "type-of-class": ("def f():\n    return type(int)('A', (), {})\n", "allow/dynamic"),
    "type-generic": ("def f():\n    return type[int]('A', (), {})\n", "allow/dynamic"),
    "type-through-annotation": (
        "class A:\n    def __getitem__(self, key):\n        return key\na = A\ndef f():\n    def g(b: a[type]):\n        pass\n",  # noqa: E501  # one source a line
        "allow/dynamic",
    ),
    "type-called-in-annotation": ("def f(g):\n    def h(b: g(type)):\n        pass\n", "allow/dynamic"),
    "abc-meta": ("from abc import ABCMeta\n", "allow/import"),
    "typed-dict": ("from typing import TypedDict\nA = TypedDict('A', {'x=1': int})\n", "allow/import"),
    "enum-call": (
        "from enum import Enum\ndef f():\n    return Enum('A', {'__array_interface__': {}})\n",
        "allow/enum",
    ),
    "enum-alias": ("import enum\nmake = enum.IntEnum\n", "allow/enum"),
    "enum-empty": ("from enum import Enum\nclass A(Enum):\n    _ignore_ = []\n", "allow/enum"),
    "unseeded-none": (
        "import numpy as np\ndef f():\n    return np.random.default_rng(seed=None)\n",
        "house/randomness",
    ),
    "ufunc-at": ("import numpy as np\ndef f(image):\n    np.add.at(image, 0, 1)\n", "house/in-place"),
    "cascade-file": ("from skimage.feature import Cascade\n", "allow/member"),
    "out-tuple": ("import numpy as np\ndef f(image):\n    np.exp(image, out=(image,))\n", "house/in-place"),
    "fields": ("import dataclasses\ndef f(a):\n    return dataclasses.fields(a)[0].type\n", "allow/import"),
    "self-of-a-function": (
        "import augplug\ndef f(self):\n    self.describe = None\ndef g():\n    f(augplug.Operation)\n",
        "allow/dynamic",
    ),
    "private": (
        "import warnings\ndef f():\n    return warnings.catch_warnings()._module._getcategory('a.b')\n",
        "allow/attribute",
    ),
    "handlers": ("import logging\ndef f():\n    return logging.getLogger().handlers[0].stream\n", "allow/attribute"),
    "format": ("def f(g):\n    return '{0.__globals__[os].environ}'.format(g)\n", "allow/template"),
    "format-nested": ("def f(g):\n    return '{0:{1.__globals__}}'.format(1, g)\n", "allow/template"),
    "format-later": ("def f(text, g):\n    return text.format(g)\n", "allow/template"),
    "format-value": ("def f(texts, g):\n    return map(str.format_map, texts, g)\n", "allow/template"),
    "save": ("import cv2\ndef f():\n    cv2.createCLAHE().save('a')\n", "allow/attribute"),
    "cffi": ("def f(generator):\n    return generator.bit_generator.cffi\n", "allow/attribute"),
    "dataclass-of-another": (
        "import augplug\nfrom dataclasses import dataclass\ndef f():\n    dataclass(repr=False)(augplug.Canvas)\n",
        "allow/store",
    ),
    "decorator-as-value": (
        "import abc\nimport augplug\ndef f(g):\n    g(abc.abstractmethod, augplug.Operation.describe)\n",
        "allow/store",
    ),
    "store-through-self": (
        "import augplug\nclass A:\n    def f(self):\n        self.a = augplug.Operation\n        self.a.describe = 1\n",
        "allow/store",
    ),
    "positional-pattern": (
        "class A:\n    pass\ndef f(g):\n    match g:\n        case A(b):\n            return b\n",
        "allow/pattern",
    ),
    "array-as-base": ("import numpy as np\nclass A(np.ndarray):\n    pass\n", "allow/base"),
    "base-of-a-parameter": ("def f(g):\n    class A(g):\n        pass\n", "allow/base"),
    "array-by-its-type": ("import numpy as np\ndef f(b):\n    return np.ndarray((1,), object, b)\n", "allow/type"),
    "freed-memory": ("def f(a):\n    a.resize(9, refcheck=False)\n", "allow/argument"),
    "unparsable": ("def f(:\n", "allow/unreadable"),
    "no-source": (building.FAIR.replace('source="a test"', ""), "house/source"),
    "empty-source": (building.FAIR.replace('"a test"', '""'), "house/source"),
    "no-unit": (building.FAIR.replace(', unit="8-bit values"', ""), "house/unit"),
    "no-docstring": (building.FAIR.replace('"""Round every value', '_ = """'), "house/docstring"),
    "third-argument": (building.FAIR.replace("canvas: Canvas", "canvas: Canvas, key: int"), "house/describe"),
}

DECLARED: dict[str, tuple[str, str, str]] = {
    "two-origins": (
        "import numpy as np\nimport subprocess as np\ndef f():\n    np.load('a')\n",
        "process",
        "allow/rebound",
    ),
    "two-members": ("from numpy import sum as f\nfrom os import system as f\n", "process", "allow/rebound"),
    "run-at-import": ("import subprocess\nX = subprocess.run(['a'])\n", "process", "allow/module-level"),
    "open-at-import": ("X = open('a')\n", "files", "allow/module-level"),
    "read-at-import": ("from pathlib import Path\nX = Path('a').read_text()\n", "files", "allow/module-level"),
    "default-at-import": ("import io\ndef f(a=io.open('a')):\n    return a\n", "files", "allow/module-level"),
    "class-at-import": ("import socket\nclass A:\n    X = socket.socket()\n", "network", "allow/module-level"),
    "policy-at-import": ("import augplug\nX = augplug.policy('randaugment')\n", "files", "allow/module-level"),
    "decorator-at-import": ("import atexit\n@atexit.register\ndef f():\n    pass\n", "process", "allow/module-level"),
}
"""What a declared capability does not cover: the source, the capability, and the rule that refuses it."""

MISSES: dict[str, str] = {
    "self-of-another": "import augplug\nclass A:\n    def f(self):\n        self.describe = None\ndef g():\n    A.f(augplug.Operation)\n",  # noqa: E501  # one source a line
    "map-at-import": "def f(n):\n    return n\nX = list(map(f, [1]))\n",
    "view-in-place": "def f(image):\n    x = image.reshape(-1)\n    x[0] = 0\n",
    "inner-annotation": "def f(a: list['open(1)']) -> None:\n    return None\n",
    "aliased-container": "import augplug\ndef f():\n    table = augplug.Operation.table\n    table['a'] = 1\n",
    "mutating-call": "import augplug\ndef f():\n    augplug.Operation.table.setdefault(1, 2)\n",
}

LOOK_ALIKES: dict[str, tuple[str, ...]] = {
    "allow/import": (
        "import json\ndef f(text):\n    return json.loads(text)\n",
        "import numpy as np\nimport cv2\ndef f(a):\n    from scipy import ndimage\n    return ndimage.sobel(cv2.blur(np.sum(a), (3, 3)))\n",  # noqa: E501  # one source a line
    ),
    "allow/member": (
        "import numpy as np\ndef f(image):\n    return np.sort(image)\n",
        "import augplug\n@augplug.hookimpl\ndef augplug_policies():\n    return {'a': augplug.compose([augplug.step('Invert')])}\n",  # noqa: E501  # one source a line
        "import augplug\ndef f(text, image):\n    return augplug.replay(augplug.load_plan(text), image)\n",
        "def f(g):\n    return g.load('a'), g.random.rand(3)\n",
    ),
    "allow/module-value": ("import numpy as np\ndef f():\n    return [np.float32, np.pi]\n",),
    "allow/star": ("def f(*args, **words):\n    return [*args, *words]\n",),
    "allow/builtin": (
        '"""It calls no exec, eval or os.system."""\n',
        "def evaluate(open_, randomly):\n    return open_ + randomly\n",
        "class Compile:\n    def execute(self):\n        return self.execute\n",
        "import re\ndef f(g):\n    return re.compile('a'), g.open(), g.eval()\n",
    ),
    "allow/dunder": (
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A:\n    n: int = 0\n    def __post_init__(self):\n        object.__setattr__(self, 'n', 1)\n",  # noqa: E501  # one source a line
        "class A:\n    def __init__(self):\n        super().__init__()\n        self.a = 1\n",
        "__all__ = ['A']\nclass A:\n    __slots__ = ('__a', '_b_')\n    def __len__(self):\n        return len(self._b_)\n",  # noqa: E501  # one source a line
    ),
    "allow/attribute": (
        "import json\ndef f(g):\n    return json.dumps(g.system, default=g.framed)\n",
        "class A:\n    def evaluate(self, policy):\n        return 1.0\n",
    ),
    "allow/rebound": (
        "import scipy.ndimage\nimport scipy\ndef f(a):\n    import numpy as np\n    return np.sum(a)\ndef g(a):\n    import numpy as np\n    return np.max(a)\n",  # noqa: E501  # one source a line
        "import numpy as np\ndef f(g):\n    return g(np_=np.pi, np=1)\n",
    ),
    "allow/store": ("class A:\n    def __init__(self):\n        self.a = {}\n        self.a['b'] = 1\n",),
    "allow/enum": (
        "from enum import Enum, auto, unique\n@unique\nclass A(Enum):\n    B = 1\n    C = auto()\ndef f(n):\n    return A(n), A['B']\n",  # noqa: E501  # one source a line
    ),
    "allow/dynamic": (
        "import numpy as np\nfrom collections.abc import Callable\nclass A:\n    def f(self, a: 'Callable[[int, A], np.ndarray | None]', *b: dict[str, tuple[int, ...]]) -> None:\n        pass\n",  # noqa: E501  # one source a line
        "from __future__ import annotations\nfrom numpy import ndarray\nV = ndarray | int\ndef f(a: V):\n    pass\n",
        "from typing import TypeVar\nimport numpy.typing as npt\nT = TypeVar('T')\nImage = npt.NDArray[int]\ndef f(a: Image | None, b: list[T]) -> T:\n    return b[0]\n",  # noqa: E501  # one source a line
        "def f(g, kinds: list[type[int]]) -> type:\n    return type(g) is int, type(g).__name__, isinstance(g, type)\nclass A(dict[str, int]):\n    def f(self):\n        return self\n",  # noqa: E501  # one source a line
    ),
    "allow/pattern": (
        "class A:\n    b = 1\ndef f(g):\n    match g:\n        case A(b=c) | int(c) | str(c):\n            return c\n",
    ),
    "allow/base": (
        "import augplug\nfrom typing import Generic, NamedTuple, TypedDict, TypeVar\nT = TypeVar('T')\nclass A(Generic[T]):\n    pass\nclass B(A[int]):\n    pass\nclass C(NamedTuple):\n    n: int\nclass D(TypedDict, total=False):\n    n: int\nclass E(ValueError):\n    pass\nclass F(augplug.Evaluator):\n    pass\n",  # noqa: E501  # one source a line
    ),
    "allow/type": (
        "import numpy as np\nimport numpy.typing as npt\nImage = npt.NDArray[np.uint8]\nPair = tuple[Image, np.ndarray] | None\ndef f(a: Image, b: 'list[np.ndarray]') -> Pair:\n    c: dict[str, np.ndarray] = dict[str, np.ndarray]()\n    return (a, b[0]) if isinstance(a, np.ndarray | list) and type(a) is np.ndarray else None\n",  # noqa: E501  # one source a line
        "import logging\nfrom typing import cast\nimport numpy as np\nLOG: logging.Logger = logging.getLogger('a')\ndef f(a):\n    match a:\n        case np.ndarray():\n            return cast(np.ndarray, a)\n",  # noqa: E501  # one source a line
    ),
    "allow/argument": (
        "import numpy as np\nimport warnings\ndef f(a, b):\n    with warnings.catch_warnings(record=True):\n        return np.c_[a, b], np.r_[0:3], np.frombuffer(bytes(a), np.uint8), np.resize(a, 3), b().resize((3, 3))\n",  # noqa: E501  # one source a line
    ),
    "allow/template": ("def f(a):\n    return '{0} {b:.2f} {{c.d}}'.format(a, b=1), format(a)\n",),
    "allow/module-level": (
        "import numpy as np\nX = np.arange(9)\nY = X.reshape(3, 3)\nZ = 'a b'.split()\n",
        "def f(n):\n    return [(lambda x: x + n)(i) for i in range(n)]\n",
        "from typing import TypeVar\nimport re\nT = TypeVar('T')\nWORDS = re.compile('a').pattern\nclass A:\n    @property\n    def a(self):\n        return 1\n    @a.setter\n    def a(self, b):\n        pass\n",  # noqa: E501  # one source a line
    ),
    "allow/type-checking": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from collections.abc import Mapping\n",
        "import typing\nif typing.TYPE_CHECKING:\n    from collections.abc import Mapping\n",
        "import sys\ndef f():\n    return sys.version_info >= (3, 12)\n",
    ),
    "allow/unreadable": ("X = '\\u00e9'\nY = [[[[[[[[1]]]]]]]]\n",),
    "house/randomness": (
        "import numpy as np\ndef f(seed):\n    return np.random.default_rng(seed).random()\n",
        "# we never eval( or exec( here, and seed nothing\nSEED_WORDS = 'random.seed'\n",
        "def f(seed):\n    return seed\ndef g():\n    return f(1)\n",
    ),
    "house/in-place": (
        "def f(image):\n    out = image.copy()\n    out[...] = 0\n    return out\n",
        "def f(image):\n    image = image.copy()\n    image += 1\n    return image\n",
        "def f(count: int, size: tuple[int, int]):\n    count += 1\n    size += (1,)\n    return count, size\n",
        "import numpy as np\ndef f(image):\n    out = np.empty_like(image)\n    np.add(image, 1, out=out)\n    return out\n",  # noqa: E501  # one source a line
    ),
    "suppressions/blanket": (
        "# there is no noqa, nosec or type: ignore here, and pylint passes\nX = '# type: ignore'\n",
    ),
    "suppressions/reason": ("import math  # noqa: F401  # kept for the reader\n",),
    "house/docstring": (building.FAIR, "class A:\n    a = 1\n"),
    "house/source": (building.FAIR.replace('source="a test"', "source=PAPER") + 'PAPER = "a test"\n',),
    "house/unit": (
        building.FAIR.replace('low=1, high=64, unit="8-bit values", level=(1, 40)', "choices=(1, 2)"),
        building.FAIR.replace("    step: int", "    flag: bool = augplug.parameter(default=False)\n    step: int"),
    ),
    "house/describe": ("class A:\n    def describe(self):\n        return 1\n",),
}
"""Harmless code that resembles what a rule is after."""
