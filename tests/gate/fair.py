"""Fair distributions with unusual but harmless layouts: nothing of them may be refused."""

import io

import numpy as np

from tests.gate.building import FAIR, wheel
from tests.gate.making import INIT, PROJECT, Build, installed, packed, project, sdist


def _array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.arange(4))
    return file.getvalue()


def _arrays() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, curve=np.arange(256, dtype=np.uint8))
    return file.getvalue()


PLAIN: dict[str, Build] = {
    "a package": packed(),
    "a module": lambda folder: wheel(folder, {"my_ops.py": FAIR}),
    "a source project": project(),
    "src layout": project({f"src/{INIT}": FAIR}, package=False),
    "an sdist": sdist({"PKG-INFO": "Name: my-ops\n", "README.md": "# My operations\n"}),
    "an sdist by setuptools": sdist(
        {
            "src/my_ops.egg-info/SOURCES.txt": "x",
            "my_ops.egg-info/PKG-INFO": "x",
            "setup.cfg": "[egg_info]\ntag_build = \ntag_date = 0\n\n",
        }
    ),
    "what an editable install leaves behind": project({"my_ops.egg-info/PKG-INFO": "x"}),
    "tests outside of the package": project({"tests/test_ops.py": "import os\n", "tox.ini": "[tox]\n"}),
    "installed": installed(),
    "data": packed({"my_ops/data/levels.json": "[1, 2]", "my_ops/a.npy": _array(), "my_ops/b.npz": _arrays()}),
    "marks and texts": packed({"my_ops/py.typed": "", "my_ops/README.md": "# \u00dcber\n", "my_ops/LICENSE": "MIT"}),
    "the declaration of capabilities": packed({"my_ops/augplug-plugin.toml": '[capabilities]\nfiles = "why"\n'}),
    "byte order mark": packed({"my_ops/a.py": b"\xef\xbb\xbfX = 1\n"}),
    "Windows line ends": packed({INIT: FAIR.replace("\n", "\r\n")}),
    "coding comment of UTF-8": packed({"my_ops/a.py": '# -*- coding: utf-8 -*-\n"""\u00dcber."""\n'}),
    "an empty module": packed({"my_ops/empty.py": ""}),
    "subpackages": packed({"my_ops/sub/__init__.py": "", "my_ops/sub/open_.py": '"""exec and eval, in words."""\n'}),
    "names that look like others": packed({"my_ops/random_.py": "", "my_ops/os.py": "", "my_ops/numpy.py": ""}),
    "a shell script": packed({"my_ops/run.sh": "#!/bin/sh\necho fair\n"}),
    "dynamic version, hatchling": project(
        pyproject=PROJECT.replace('version = "1.0"', 'dynamic = ["version"]')
        .replace("setuptools>=77", "hatchling")
        .replace("setuptools.build_meta", "hatchling.build")
    ),
    "a source project with a cache": project({"my_ops/__pycache__/a.cpython-311.pyc": b"\0"}),
    "more requirements": packed(requires=("numpy>=2", "augplug>=1,<2", "augplug[gate]; extra == 'all'")),
}
