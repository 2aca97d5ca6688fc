"""augplug: find, apply and extend image augmentation policies.

The public names are listed in `__init__.pyi`, and each is loaded when it is first used.
"""

import lazy_loader

from augplug.renamed import module_getattr

__version__ = "1.0.0"
_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__getattr__ = module_getattr(__name__, _load)
__all__ += ["__version__"]
