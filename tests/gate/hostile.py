"""Hostile distributions: what a gate must survive, each small, most with code that would write the sentinel file.

The letters are the classes of attack: A runs before the gate, B points elsewhere, C runs other bytes than were checked,
D hides from a reader or a tool, F attacks the gate itself. `rule` is what refuses the case when it is read as files;
None is a miss of this stage, and `why` says what stands against it.
"""

import os
import py_compile
import tarfile

from tests.gate.building import FAIR
from tests.gate.making import (
    EVIL,
    INFO,
    INIT,
    Case,
    add_many,
    changed_project,
    extend_record,
    forge_bytecode,
    installed,
    link_file,
    link_folder,
    make_editable,
    member,
    other_group,
    packed,
    project,
    put,
    replace_metadata,
    sdist,
    with_entry,
)

UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH
TIMESTAMP = py_compile.PycInvalidationMode.TIMESTAMP
CACHED = "my_ops/__pycache__/__init__.cpython-311.pyc"
BACKEND = 'build-backend = "setuptools.build_meta"'
GROUPS = ("bandit.plugins", "pytest11", "flake8.extension", "console_scripts", "distutils.commands", "tox", "pylint")

BEFORE = (
    Case("A", "pth import line", packed({"my_ops.pth": EVIL}), "structure/pth", "my_ops.pth"),
    Case("A", "pth path line", packed({"my_ops.pth": "elsewhere\n"}), "structure/pth", "my_ops.pth"),
    Case("A", "start file", packed({"my_ops.start": "my_ops:x\n"}), "structure/pth", "my_ops.start"),
    Case("A", "sitecustomize", packed({"sitecustomize.py": EVIL}), "structure/startup", "sitecustomize.py"),
    Case("A", "usercustomize package", packed({"usercustomize/__init__.py": EVIL}), "structure/startup"),
    Case("A", "pth in a data folder", packed({"my_ops-1.0.data/purelib/x.pth": EVIL}), "structure/data-folder"),
    Case("A", "script in a data folder", packed({"my_ops-1.0.data/scripts/ls": EVIL}), "structure/data-folder"),
    Case("A", "pth in a project", project({"src/x.pth": EVIL}), "structure/pth", "src/x.pth"),
    Case("A", "setup.py", project({"setup.py": EVIL}), "structure/build-code", "setup.py"),
    Case(
        "A",
        "setup.cfg that names code",
        sdist({"setup.cfg": "[egg_info]\ntag_date = 0\n[options]\ncmdclass = my_ops.x\n"}),
        "structure/build-code",
        "setup.cfg",
    ),
    Case(
        "A", "setup.cfg with one key more", sdist({"setup.cfg": "[egg_info]\negg_base = /\n"}), "structure/build-code"
    ),
    Case("A", "setup.py of an sdist", sdist({"setup.py": EVIL}), "structure/build-code", "setup.py"),
    Case(
        "A",
        "backend in the tree",
        project({"evil.py": EVIL}, changed_project('build-backend = "evil"\nbackend-path = ["."]', BACKEND)),
        "structure/build-code",
    ),
    Case(
        "A",
        "unknown backend",
        project(pyproject=changed_project('build-backend = "evil"', BACKEND)),
        "structure/build-code",
    ),
    Case(
        "A",
        "build needs a stranger",
        project(pyproject=changed_project('"evil", "setuptools>=77"', '"setuptools>=77"')),
        "structure/build-code",
    ),
    Case(
        "A",
        "cmdclass",
        project(pyproject=changed_project('[tool.setuptools]\ncmdclass = {build_py = "my_ops.x"}')),
        "structure/build-code",
    ),
    Case(
        "A",
        "hatch hook",
        project(pyproject=changed_project("[tool.hatch.build.hooks.custom]\n")),
        "structure/build-code",
    ),
    *(Case("A", f"group {group}", other_group(group), "structure/entry-point-group") for group in GROUPS),
    Case(
        "A",
        "script of a project",
        project(pyproject=changed_project('[project.scripts]\nls = "my_ops:x"\n')),
        "structure/entry-point-group",
    ),
)

ELSEWHERE = (
    Case("B", "entry point to the standard library", packed(points="[augplug]\nx = os\n"), "structure/entry-point"),
    Case("B", "entry point to a function", packed(points="[augplug]\nx = os:system\n"), "structure/entry-point"),
    Case("B", "entry point to another distribution", packed(points="[augplug]\nx = numpy\n"), "structure/entry-point"),
    Case("B", "attribute chain", packed(points="[augplug]\nx = my_ops:os.system\n"), "structure/entry-point"),
    Case("B", "module that is not there", packed(points="[augplug]\nx = my_ops.evil\n"), "structure/entry-point"),
    Case("B", "no entry point", packed(points="[other]\nx = my_ops\n"), "structure/no-entry-point"),
    Case("B", "entry points that are garbage", packed(points="[augplug]\nmy_ops\n"), "structure/irregular"),
    Case(
        "B",
        "module that RECORD does not name",
        installed(put("my_ops/evil.py", EVIL)),
        "structure/record-unlisted",
        "my_ops/evil.py",
    ),
    Case("B", "a file in augplug", packed({"augplug/evil.py": EVIL}), "structure/shadow", "augplug/evil.py"),
    Case("B", "a file in numpy", packed({"numpy/evil.py": EVIL}), "structure/shadow", "numpy/evil.py"),
    Case("B", "a module of the standard library", packed({"random.py": EVIL}), "structure/shadow", "random.py"),
    Case("B", "Random.py", packed({"Random.py": EVIL}), "structure/shadow", "Random.py"),
    Case("B", "claims to be augplug", packed(name="augplug"), "structure/name"),
    Case("B", "two packages", packed({"tests/__init__.py": EVIL}), "structure/top-level"),
    Case("B", "no RECORD", installed(lambda site: (site / INFO / "RECORD").unlink()), "structure/record-missing"),
    Case("B", "RECORD with ..", installed(extend_record("../evil.py,,\n")), "structure/record-path", "../evil.py"),
    Case(
        "B",
        "RECORD with an absolute path",
        installed(extend_record("/evil.py,,\n")),
        "structure/record-path",
        "/evil.py",
    ),
    Case("B", "RECORD names a file twice", installed(extend_record(f"{INIT},,\n")), "structure/record-path", INIT),
    Case("B", "editable", installed(make_editable), "structure/irregular", f"{INFO}/direct_url.json"),
    Case("B", "linked file", installed(link_file), "structure/irregular", "my_ops/evil.py"),
    Case("B", "linked folder", installed(link_folder), "structure/irregular", "my_ops"),
    Case("B", "link in a wheel", with_entry("my_ops/evil.py", b"/etc/passwd", 0o120777), "structure/irregular"),
    Case("B", "path that leaves the wheel", with_entry("../evil.py", EVIL.encode()), "structure/irregular"),
    Case(
        "B", "link in an sdist", sdist(members=(member("my_ops/x.py", tarfile.SYMTYPE, "/x"),)), "structure/irregular"
    ),
    Case(
        "B",
        "hard link in an sdist",
        sdist(members=(member("my_ops/x.py", tarfile.LNKTYPE, "my_ops-1.0/pyproject.toml"),)),
        "structure/irregular",
    ),
    Case(
        "B", "device in an sdist", sdist(members=(member("my_ops/x.py", tarfile.CHRTYPE, ""),)), "structure/irregular"
    ),
    Case("B", "names that differ by case", packed({"my_ops/a.py": "", "my_ops/A.py": EVIL}), "structure/case"),
    Case(
        "B",
        "hard link",
        installed(lambda site: os.link(site / INIT, site.parent / "x")),
        None,
        why="pip and uv make them; the ledger's hash sees a change through the other name",
    ),
    Case(
        "B",
        "module on the path before it",
        installed(put("../my_ops.py", EVIL)),
        None,
        why="the path is not part of a distribution; `require` mode never searches it",
    ),
    Case("B", "any version of augplug", packed(requires=()), "structure/window"),
    Case("B", "requirement that is none", packed(requires=("augplug>=1,<2", "numpy >>> 1")), "structure/requires"),
    Case(
        "B",
        "metadata of another distribution",
        installed(replace_metadata),
        "structure/foreign-metadata",
        "other-1.0.dist-info/METADATA",
    ),
    Case("B", "another augplug", packed(requires=("augplug>=7",)), "structure/window"),
)

BYTES = (
    Case(
        "C", "one byte edited", installed(put(INIT, FAIR.replace("8-bit", "9-bit", 1))), "structure/record-digest", INIT
    ),
    Case("C", "edited after installation", installed(put(INIT, FAIR + EVIL)), "structure/record-digest", INIT),
    Case(
        "C",
        "deleted after installation",
        installed(lambda site: (site / INIT).unlink()),
        "structure/record-absent",
        INIT,
    ),
    Case("C", "unchecked bytecode", installed(forge_bytecode(UNCHECKED, CACHED)), "structure/compiled", CACHED),
    Case(
        "C", "bytecode with a forged time", installed(forge_bytecode(TIMESTAMP, CACHED)), "structure/compiled", CACHED
    ),
    Case(
        "C",
        "bytecode without source",
        installed(forge_bytecode(UNCHECKED, "my_ops/evil.pyc")),
        "structure/compiled",
        "my_ops/evil.pyc",
    ),
    Case("C", "bytecode in a wheel", packed({CACHED: b"\0"}), "structure/compiled", CACHED),
    Case(
        "C",
        "extension module over a module",
        packed({"my_ops/a.py": "", "my_ops/a.so": b"\x7fELF"}),
        "structure/compiled",
    ),
    Case(
        "C",
        "extension module beside the package",
        installed(put("my_ops.cpython-311-x86_64-linux-gnu.so", b"\x7fELF")),
        "structure/compiled",
    ),
    Case(
        "C",
        "package over a module",
        packed({"my_ops/a.py": "", "my_ops/a/__init__.py": EVIL}),
        "structure/twin",
        "my_ops/a.py",
    ),
    Case("C", "module beside the package", installed(put("my_ops.py", EVIL)), "structure/twin", "my_ops.py"),
    Case("C", "namespace package", packed({"my_ops/sub/evil.py": EVIL}), "structure/namespace", "my_ops/sub"),
    Case(
        "C",
        "resets the place of bytecode",
        packed({INIT: f"import sys\nsys.pycache_prefix = None\n{FAIR}"}),
        None,
        why="stage 2 refuses the import of sys",
    ),
)

HIDDEN = (
    Case(
        "D",
        "UTF-7",
        packed({"my_ops/a.py": b"# coding: utf-7\n+AGkAbQBwAG8AcgB0 os\n"}),
        "structure/encoding",
        "my_ops/a.py",
    ),
    Case("D", "null byte", packed({"my_ops/a.py": b"x = 1\n\0" + EVIL.encode()}), "structure/encoding", "my_ops/a.py"),
    Case("D", "no UTF-8", packed({"my_ops/a.py": b"x = '\xff'\n"}), "structure/encoding", "my_ops/a.py"),
    Case("D", "bidirectional text", packed({"my_ops/a.py": "x = 1  # \u202e\n"}), "structure/hidden", "my_ops/a.py"),
    Case(
        "D",
        "a carriage return ends a comment",
        packed({"my_ops/a.py": f"# fair\r{EVIL}"}),
        "structure/hidden",
        "my_ops/a.py",
    ),
    Case("D", "look-alike letter", packed({"my_ops/a.py": "\u043epen = 1\n"}), "structure/identifier", "my_ops/a.py"),
    Case("D", "does not parse", packed({"my_ops/a.py": "def (\n"}), "structure/syntax", "my_ops/a.py"),
    Case("D", "3,000 parentheses", packed({"my_ops/a.py": "\n".join("(" * 3000)}), "structure/syntax", "my_ops/a.py"),
    Case(
        "D",
        "deep attributes",
        packed({"my_ops/a.py": "x = (a" + "\n.b" * 5000 + ")\n"}),
        "structure/syntax",
        "my_ops/a.py",
    ),
    Case("D", "deep sums", packed({"my_ops/a.py": "x = " + "1 + " * 400 + "1\n"}), "structure/syntax", "my_ops/a.py"),
    Case("D", "long line", packed({"my_ops/a.py": f"x = '{'x' * 3000}'\n"}), "structure/size", "my_ops/a.py"),
    Case("D", "huge module", packed({"my_ops/a.py": "x = 1\n" * 100_000}), "structure/size", "my_ops/a.py"),
    Case(
        "D", "stub beside a module", packed({"my_ops/a.py": "", "my_ops/a.pyi": ""}), "structure/stub", "my_ops/a.pyi"
    ),
    Case("D", "hidden folder", packed({"my_ops/.x/__init__.py": EVIL}), "structure/file-name", "my_ops/.x/__init__.py"),
    Case("D", "source by another name", packed({"my_ops/a.dat": EVIL}), "structure/kind", "my_ops/a.dat"),
    Case("D", "pickle", packed({"my_ops/a.pkl": b"cos\nsystem\n."}), "structure/kind", "my_ops/a.pkl"),
    Case("D", "pickle as text", packed({"my_ops/a.json": b"\x80\x04\x95"}), "structure/kind", "my_ops/a.json"),
    Case(
        "D",
        "array of objects",
        packed(
            {
                "my_ops/a.npy": b"\x93NUMPY\x01\0\x46\0"
                + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(69)
                + b"\n"
            }
        ),
        "structure/kind",
        "my_ops/a.npy",
    ),
    Case("D", "zip inside", packed({"my_ops/a.zip": b"PK\x03\x04"}), "structure/kind", "my_ops/a.zip"),
    Case("D", "script without an ending", packed({"my_ops/README": "#!/bin/sh\n"}), "structure/kind", "my_ops/README"),
)

GATE = (
    Case("F", "zip bomb", with_entry("my_ops/a.csv", b"0" * (9 * 2**20)), "structure/irregular", "my_ops/a.csv"),
    Case("F", "a name that comes twice", with_entry(INIT, EVIL.encode()), "structure/irregular", INIT),
    Case("F", "too many files", installed(add_many), "structure/irregular"),
    Case("F", "deep folders", packed({"my_ops/" + "a/" * 40 + "x.txt": ""}), "structure/irregular"),
    Case(
        "F",
        "RECORD that is garbage",
        installed(lambda site: (site / INFO / "RECORD").write_bytes(b"\xff")),
        "structure/record-missing",
    ),
    Case(
        "F",
        "a second distribution's metadata",
        with_entry("my_ops/other-1.0.dist-info/METADATA", b"Name: x"),
        "structure/kind",
    ),
)

HOSTILE = (*BEFORE, *ELSEWHERE, *BYTES, *HIDDEN, *GATE)
