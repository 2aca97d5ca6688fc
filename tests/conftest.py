"""What all tests share: Hypothesis draws the same examples every time and does not look at the clock."""

import signal

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("few", settings.get_profile("ci"), max_examples=10)  # tools/mutants.py
settings.load_profile("ci")

# `nohup`, and a shell that starts this in the background, have it and its children ignore signals that tests send.
for _number, _action in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _action)
