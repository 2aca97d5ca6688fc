"""The loader of `require` mode: it owns the names of approved plugins, and runs the very bytes that were hashed."""

from __future__ import annotations

import importlib.util
import io
import sys
import zipfile
from collections.abc import Mapping, Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.resources.abc import Traversable, TraversableResources
from pathlib import Path
from types import CodeType, ModuleType

from augplug.errors import PluginError


class ApprovedResources(TraversableResources):
    """What `importlib.resources` reads of a package: its files as they were when they were hashed."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Take the files below the package, by their paths in it."""
        self._files = files

    def files(self) -> Traversable:
        """Return them as an archive in memory, which the library knows how to walk."""
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            for path, content in self._files.items():
                archive.writestr(zipfile.ZipInfo(path), content)
        return zipfile.Path(zipfile.ZipFile(held))


class ApprovedLoader(InspectLoader):
    """Loads one module from the bytes that it was given. No cache of bytecode, no file, no extension module."""

    def __init__(self, path: Path, source: bytes, resources: Mapping[Path, bytes]) -> None:
        """Take the path that tracebacks name, the source, and every file of the plugin, which it may read as data."""
        self.path = path
        self.source = source
        self.resources = resources

    def is_package(self, fullname: str) -> bool:
        """Say whether the module is a package."""
        del fullname
        return self.path.name == "__init__.py"

    def get_source(self, fullname: str) -> str:
        """Return the source: tracebacks show its lines."""
        del fullname
        return importlib.util.decode_source(self.source)

    def get_code(self, fullname: str) -> CodeType:
        """Compile the bytes that were hashed."""
        del fullname
        return self.source_to_code(self.source, str(self.path))

    def get_data(self, path: str) -> bytes:
        """Return a file of the plugin as it was when it was hashed."""
        try:
            return self.resources[Path(path)]
        except KeyError as error:
            raise OSError(f"{path} is not a file of this plugin") from error

    def get_resource_reader(self, fullname: str) -> ApprovedResources:
        """Return what reads the files of a package, and of a module those beside it, as Python's own loader does."""
        del fullname
        folder = self.path.parent
        return ApprovedResources(
            {
                path.relative_to(folder).as_posix(): content
                for path, content in self.resources.items()
                if folder in path.parents
            }
        )


class ApprovedFinder(MetaPathFinder):
    """Finds the modules of approved plugins, and says that there are no others below their names."""

    def __init__(self) -> None:
        """Own nothing yet."""
        self._loaders: dict[str, ApprovedLoader] = {}
        self._owned: set[str] = set()

    def own(self, root: Path, files: Mapping[str, bytes]) -> None:
        """Serve a plugin's modules from `files` (path below `root`: content) from now on.

        Raises PluginError when one of them is already imported, since those bytes are not the ones that were hashed.
        """
        resources = {root / path: content for path, content in files.items()}
        loaders = {
            module_name(path): ApprovedLoader(root / path, content, resources)
            for path, content in files.items()
            if path.endswith(".py")
        }
        for name in loaders:
            if name in sys.modules:
                raise PluginError(
                    f"{name} was imported before augplug could look at it; call augplug.operations(), say, before that"
                )
        self._loaders.update(loaders)
        self._owned.update(name.partition(".")[0] for name in loaders)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of an approved module; ModuleNotFoundError for any other below an owned name."""
        del path, target
        if fullname.partition(".")[0] not in self._owned:
            return None
        if fullname not in self._loaders:
            raise ModuleNotFoundError(f"the approved plugin has no module {fullname!r}", name=fullname)
        loader = self._loaders[fullname]
        spec = importlib.util.spec_from_loader(fullname, loader, origin=str(loader.path))
        if spec is None:  # cannot be: the loader says itself whether this is a package
            raise ModuleNotFoundError(f"{fullname!r} cannot be loaded", name=fullname)
        spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(str(loader.path.parent))
        return spec


def module_name(path: str) -> str:
    """Return the name by which the file at `path` is imported: `my_ops/__init__.py` is `my_ops`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
