"""`python -m augplug` is `augplug`, for a shell that does not find the command."""

import sys

from augplug.cli import main

if __name__ == "__main__":
    sys.exit(main())
