"""The operations that are written down are those that Albumentations has."""

import importlib.util
import sys
from typing import Any


def test_the_written_operations_are_up_to_date(request: Any, capsys: Any, monkeypatch: Any) -> None:
    """`python tools/albumentations_operations.py --check`, in this process."""
    path = request.config.rootpath / "tools" / "albumentations_operations.py"
    spec = importlib.util.spec_from_file_location("albumentations_operations", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # dataclasses look their module up
    spec.loader.exec_module(module)

    assert module.main(["--check"]) == 0, capsys.readouterr().out
