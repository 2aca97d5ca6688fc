"""augplug: find, apply and extend image augmentation policies.

The public names are listed in `__init__.pyi`, and each is loaded when it is first used.
"""

import lazy_loader

__version__ = "1.0.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__all__ += ["__version__"]
