"""Exports: a policy or a plan as files of another system."""
