"""Plugins with bugs on purpose: each module's `PLANTED` says which check must catch which thing. `python -m tests.planted`."""
