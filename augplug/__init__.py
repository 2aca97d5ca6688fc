"""augplug: find, apply and extend image augmentation policies.

The public names are listed in `__init__.pyi`, and each is loaded when it is first used.
"""

import lazy_loader

__version__ = "1.0.0"
_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]


def __getattr__(name: str) -> object:
    """Return a public name; an old one is answered with the new."""
    try:
        return _load(name)
    except AttributeError:
        from augplug.renamed import module_getattr  # only for a name that is not there

        return module_getattr(__name__)(name)
