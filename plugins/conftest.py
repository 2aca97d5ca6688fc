"""A server of `augplug serve` for each module that asks for it, and a picture as a file."""

from collections.abc import Iterator

import pytest

import augplug
from plugins.tests.served import NOISE, Served, served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Start a server on the loopback for the module."""
    with served(tmp_path_factory.mktemp("server"), "--seed", "5") as running:
        yield running


@pytest.fixture(scope="session")
def png() -> bytes:
    """Encode a picture."""
    return augplug.encode_image(NOISE)[0]
