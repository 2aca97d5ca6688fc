"""The sampler of epochs in several processes, and by weight."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import augplug
from augplug.errors import SettingsError

REPLICAS = (1, 2, 3, 8)
MAKE: Any = augplug.EpochSampler  # what types refuse is given on purpose


def pairs(replicas: int, size: int = 50, epochs: int = 2, **more: Any) -> list[list[tuple[int, int]]]:
    """Return what each rank yields in some epochs."""
    ranks = [augplug.EpochSampler(size, seed=3, rank=rank, replicas=replicas, **more) for rank in range(replicas)]
    return [[pair for _ in range(epochs) for pair in rank] for rank in ranks]


@pytest.mark.parametrize("more", [{}, {"shuffle": False}, {"weights": np.arange(50) % 7}])
@pytest.mark.parametrize("replicas", REPLICAS)
def test_replicas_share_the_pairs_of_one(replicas: int, more: dict[str, Any]) -> None:
    """Whatever their number, they yield the same pairs, each once, and their lengths say so."""
    alone, together = pairs(1, **more)[0], pairs(replicas, **more)
    ranks = [augplug.EpochSampler(50, rank=rank, replicas=replicas) for rank in range(replicas)]

    assert len(alone) == len(set(alone)) == 100
    assert Counter(pair for rank in together for pair in rank) == Counter(alone)
    assert [len(rank) for rank in together] == [2 * len(rank) for rank in ranks]
    assert max(map(len, ranks)) - min(map(len, ranks)) <= 1


@pytest.mark.parametrize("size", [0, 1, 3, 50])
@pytest.mark.parametrize("replicas", REPLICAS)
def test_even_replicas_have_equal_lengths(replicas: int, size: int) -> None:
    """What is missing is filled up with pairs of the same epoch, and none is lost."""
    together = pairs(replicas, size, even=True)

    assert {len(rank) for rank in together} == {2 * -(-size // replicas)}
    assert {pair for rank in together for pair in rank} == set(pairs(1, size)[0])


def test_a_run_goes_on_where_it_was() -> None:
    """By seed and epoch, whatever came before, with weights too."""
    weights = np.linspace(0, 1, 50)
    for more in (dict[str, Any](), {"weights": weights}):
        sampler: Any = augplug.EpochSampler(50, seed=9, rank=1, replicas=3, **more)
        orders = [list(sampler) for _ in range(4)]
        again: Any = augplug.EpochSampler(50, seed=9, rank=1, replicas=3, epoch=2, **more)

        assert list(again) == orders[2]
        assert list(again) == orders[3]
        again.set_epoch(0)
        assert list(again) == orders[0]
        assert orders[0] != orders[1]


def test_weights_are_frequencies() -> None:
    """Over many epochs, within four standard deviations; an index without weight never comes."""
    weights = np.array([0, 1, 2, 0, 4, 8, 0])
    sampler = augplug.EpochSampler(7, seed=1, weights=weights)
    drawn = Counter(index for _ in range(2000) for _, index in sampler)
    total = 7 * 2000
    for index, share in enumerate(weights / weights.sum()):
        assert abs(drawn[index] - total * share) <= 4 * np.sqrt(total * share * (1 - share))


def test_an_index_that_comes_again_is_augmented_anew() -> None:
    """Each time 2**32 epochs later; the numbers of times are those of the order, whoever has them."""
    alone = pairs(1, 5, epochs=1, weights=[1, 0, 0, 0, 0])[0]
    together = pairs(3, 5, epochs=1, weights=[1, 0, 0, 0, 0])

    assert alone == [(time * 2**32, 0) for time in range(5)]
    assert [pair for place in range(5) for pair in [together[place % 3][place // 3]]] == alone
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    augment = augplug.Augmenter(augplug.step("Rotate", degrees=(-180, 180)))
    assert len({augment(image, epoch=epoch, index=index).tobytes() for epoch, index in alone}) == 5


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"rank": 2, "replicas": 2}, "rank counts from 0 to replicas - 1, which is 1, and is 2"),
        ({"rank": -1}, "rank is an integer"),
        ({"replicas": 0}, "replicas is an integer in 1"),
        ({"weights": [1, 2]}, r"weights are 3 finite numbers, .* the shape \(2,\)"),
        ({"weights": [1, 2, -1]}, "lie in -1..2"),
        ({"weights": [0, 0, 0]}, "not all 0"),
        ({"weights": [1, 2, np.nan]}, "finite"),
        ({"weights": "abc"}, "weights are numbers, one an image"),
        ({"weight": [1, 2, 3]}, "did you mean 'weights'"),
        ({"seed": -1}, "seed is an integer"),
    ],
)
def test_what_cannot_be_sampled_is_refused(more: dict[str, Any], says: str) -> None:
    """One typed error."""
    with pytest.raises(SettingsError, match=says):
        MAKE(3, **more)


class Images:
    """A dataset that augments what a pair of numbers names."""

    def __init__(self) -> None:
        self.images = np.random.default_rng(0).integers(0, 256, (50, 8, 8, 3), dtype=np.uint8)
        self.augment = augplug.Augmenter("randaugment", seed=7)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, pair: tuple[int, int]) -> tuple[int, int, bytes]:
        epoch, index = pair
        return epoch, index, self.augment(self.images[index], index=index, epoch=epoch).tobytes()


@pytest.mark.parametrize("weights", [None, np.arange(50) % 7])
def test_loaders_of_torch_draw_alike(weights: Any) -> None:
    """Over 1, 2, 3 and 8 replicas the union is the same set of pairs, and each pair's image is the same."""
    data = pytest.importorskip("torch.utils.data")
    unions = []
    for replicas in REPLICAS:
        found: list[tuple[int, int, bytes]] = []
        for rank in range(replicas):
            sampler = augplug.EpochSampler(50, seed=5, rank=rank, replicas=replicas, weights=weights)
            loader = data.DataLoader(
                Images(), batch_size=4, sampler=sampler, collate_fn=list, num_workers=2 if replicas == 2 else 0
            )
            assert len(loader) == -(-len(sampler) // 4)
            found += [one for _ in range(2) for batch in loader for one in batch]
        unions.append(found)

    assert len(unions[0]) == 100
    assert all(sorted(found) == sorted(unions[0]) for found in unions)
