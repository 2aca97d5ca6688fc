"""Policies: the grammar, its reader, and the named ones."""
