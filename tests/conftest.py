"""What all tests share: Hypothesis draws the same examples every time and does not look at the clock."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("few", settings.get_profile("ci"), max_examples=10)  # tools/mutants.py
settings.load_profile("ci")
