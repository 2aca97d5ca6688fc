"""Evaluators: child models that turn a policy into a reward."""
