"""Does a found policy really help? Trains the child on a split of its own, from nothing but `policy.json`.

    python benchmarks/verify.py augplug-demo/policy.json

Prints the accuracy with and without the policy on test images, over several training sets, and the accuracy with the
training labels permuted, which must be chance. Exit status 1 when the policy gains less than `--least` on average, or
when permuted labels are learnt.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence

import numpy as np

import augplug
from augplug._evaluators.kernel_ridge import KernelRidge
from augplug._evaluators.pinning import one_thread
from augplug._policies.grammar import Policy
from augplug._policies.grammar import Sequence as All
from augplug.data.digits import load_digits

NONE = Policy(All(()), name="none")
CHANCE = 0.2
"""Ten classes: with permuted labels accuracy is about 0.1; of 100 training images some keep their label by luck."""


def parts(seed: int, sets: int) -> tuple[list[augplug.Labelled], augplug.Labelled]:
    """Return `sets` disjoint training sets of 100 digits, 10 of each, and 2,000 other digits to test on."""
    digits = load_digits()
    order = np.random.default_rng(seed).permutation(len(digits))
    by_class = [order[digits.y[order] == label] for label in range(len(digits.classes))]
    training = [
        digits.take(np.concatenate([rows[10 * number : 10 * number + 10] for rows in by_class]))
        for number in range(sets)
    ]
    return training, digits.take(np.concatenate([rows[-200:] for rows in by_class]))


def permuted(train: augplug.Labelled, seed: int) -> augplug.Labelled:
    """Return the same images with their labels in a random order."""
    return augplug.Labelled(train.x, np.random.default_rng(seed).permutation(train.y), train.classes)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("policy", help="a policy file or a name")
    parser.add_argument("--seed", type=int, default=1234, help="of the split")
    parser.add_argument("--sets", type=int, default=5, help="training sets")
    parser.add_argument("--least", type=float, default=0.03, help="the mean gain that is asked for")
    options = parser.parse_args(arguments)
    policy = augplug.Augmenter(options.policy).policy
    training, test = parts(options.seed, options.sets)
    gains, by_chance = [], []
    print("set  without  with    gain     permuted labels, without and with")
    with one_thread():
        for number, train in enumerate(training):
            child = KernelRidge(train, test)
            without, found = child.evaluate(NONE, seed=number), child.evaluate(policy, seed=number)
            control = KernelRidge(permuted(train, number), test)
            chance = [control.evaluate(tried, seed=number) for tried in (NONE, policy)]
            gains.append(found - without)
            by_chance += chance
            print(f"{number:3}  {without:.4f}   {found:.4f}  {found - without:+.4f}  {chance[0]:.4f}  {chance[1]:.4f}")
    mean = statistics.fmean(gains)
    print(f"mean gain {mean:+.4f}, least {min(gains):+.4f}; permuted labels at most {max(by_chance):.4f}")
    return 0 if mean >= options.least and min(gains) > 0 and max(by_chance) <= CHANCE else 1


if __name__ == "__main__":
    sys.exit(main())
