"""Bars of the benchmarks are judged on the worst of what they hold for, and against the best peer."""

from typing import Any

import pytest

from benchmarks import standings, verdicts


def raced(policy: str, size: int, **micros: float) -> Any:
    names = {"kernels": "kernel sum", "timm": "timm"}
    return standings.Race(
        policy, "nearest", size, {names.get(name, name): [value] * 9 for name, value in micros.items()}
    )


def judged(*races: Any) -> dict[str, bool]:
    return {one.what.rpartition(": ")[2]: one.met for one in standings.bars(races)}


def test_a_table_within_the_kernel_sum_and_ahead_of_the_best_peer_meets_both_bars() -> None:
    assert judged(raced("autoaugment-svhn", 224, kernels=100, ours=124, Pillow=190, timm=400)) == {
        "ours / kernel sum": True,
        "best peer / ours": True,
    }


@pytest.mark.parametrize(
    ("micros", "missed"),
    [
        ({"kernels": 99, "ours": 124, "Pillow": 190, "timm": 400}, "ours / kernel sum"),
        ({"kernels": 100, "ours": 124, "Pillow": 400, "timm": 180}, "best peer / ours"),
    ],
)
def test_one_table_that_misses_a_bar_misses_it_for_all(micros: dict[str, float], missed: str) -> None:
    good = raced("autoaugment-svhn", 224, kernels=100, ours=100, Pillow=300)

    found = judged(good, raced("autoaugment-cifar10", 224, **micros))

    assert [what for what, met in found.items() if not met] == [missed]


@pytest.mark.parametrize("size", [32, 224, 512])
def test_the_backend_numba_has_bars_of_its_own_where_every_table_is_raced_on_it(size: int) -> None:
    first = raced("autoaugment-svhn", size, kernels=100, ours=90, numba=101, Pillow=1000)
    second = raced("autoaugment-imagenet", size, kernels=100, ours=90, numba=500, Pillow=1000)
    without = raced("autoaugment-cifar10", size, kernels=100, ours=90, Pillow=1000)

    found = judged(first, second)

    assert found["ours on the backend numba / kernel sum"] is False
    assert found["ours / kernel sum"] is True
    assert set(judged(first, without)) == {"ours / kernel sum", "best peer / ours"}


def test_policies_and_sizes_without_a_bar_have_none() -> None:
    assert judged(raced("randaugment", 224, kernels=1, ours=9, Pillow=1)) == {}
    assert judged(raced("autoaugment-svhn", 0, kernels=1, ours=9, Pillow=1)) == {}


def contest(name: str, size: int, ours: float, limit: float | None = None, **peers: float) -> Any:
    micros = {"ours": ours, **({} if limit is None else {"OpenCV": limit}), **peers}
    return verdicts.Contest(name, size, {key: [value] * 9 for key, value in micros.items()})


def found_for(*contests: Any) -> dict[str, tuple[str, bool]]:
    return {one.what: (one.found, one.met) for one in verdicts.bars(contests)}


def test_an_operation_is_judged_by_its_best_peer_and_named_when_it_is_slower() -> None:
    found = found_for(contest("Invert", 224, 10, Pillow=40, torchvision=9), contest("Rotate", 224, 10, Pillow=40))

    assert found["every operation at 224: best peer / ours"] == ("Invert 0.90", False)
    assert found["geometric mean of best peer / ours"] == ("1.90 over 2 contests", True)


def test_ours_on_numba_is_no_peer_and_has_bars_of_its_own_where_it_is_raced() -> None:
    mine = {verdicts.NUMBA: 5}

    found = found_for(contest("Invert", 224, 10, Pillow=40), contest("Color", 224, 10, Pillow=8, **mine))

    assert found["every operation at 224: best peer / ours"] == ("Color 0.80", False)
    compiled = found["every operation that numba compiles at 224: best peer / ours on numba"]
    assert compiled == ("lowest: Color 1.60", True)
    assert found["geometric mean of best peer / ours on numba"] == ("1.60 over 1 contests", True)
    assert not any("numba" in what for what in found_for(contest("Invert", 224, 10, Pillow=40)))


def test_ours_on_numba_has_a_column() -> None:
    tables, _ = verdicts.judged(
        [contest("Invert", 224, 10, Pillow=40), contest("Color", 224, 10, Pillow=40, **{verdicts.NUMBA: 5})]
    )

    column = list(tables[-1].head).index(verdicts.NUMBA)

    assert [row[column] for row in tables[-1].rows] == ["-", "5"]


def test_the_limit_is_no_peer() -> None:
    found = found_for(contest("HorizontalFlip", 224, 10, limit=8, Pillow=9.6))

    assert found["every operation at 224: best peer / ours"] == ("lowest: HorizontalFlip 0.96", True)
    assert found["HorizontalFlip at 224: ours / the bare OpenCV call"] == ("1.25", True)
    assert not found_for(contest("HorizontalFlip", 32, 10, limit=8))


@pytest.mark.parametrize(("size", "met"), [(224, True), (512, False)])
def test_distortions_have_a_bar_of_their_own_at_every_size(size: int, met: bool) -> None:
    gains = {224: 31.0, 512: 31.0, size: 31.0 if met else 29.0}

    found = found_for(*(contest("GridDistortion", side, 10, Pillow=taken) for side, taken in gains.items()))

    assert found["GridDistortion: best peer / ours"][1] == met


@pytest.mark.parametrize(("ours", "met"), [(9.0, True), (10.5, False)])
def test_identity_costs_at_most_five_microseconds_over_a_copy(ours: float, met: bool) -> None:
    found = found_for(contest("Identity", 32, 3, limit=1), contest("Identity", 224, ours, limit=5))

    assert found["Identity through an Augmenter minus x.copy(), microseconds"][1] == met
