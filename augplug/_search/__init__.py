"""Searches: algorithms that propose policies and learn from rewards, and the study that runs them."""
