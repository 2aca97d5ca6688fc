"""The examination that plugins' backends pass is passed by the built-in ones too."""

from __future__ import annotations

import pytest

from augplug import builtin, naming
from augplug._backends.opencv import OpenCV
from augplug._backends.reference import Reference
from augplug.testing import backends
from augplug.testing.base import Check, Subject


@pytest.mark.parametrize("check", backends.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("backend", [OpenCV, Reference])
def test_a_built_in_backend_passes(backend: type[OpenCV | Reference], check: Check) -> None:
    check(Subject("backends", backend.name, backend, builtin, naming.operations()))
