from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from augplug import api
from augplug._executors.inline import Inline
from augplug._search.magnitude import Magnitude
from augplug._search.settings import Declared, Registries, StudySettings, declared, parsed, study_settings, type_of
from augplug.errors import SettingsError
from tests.executors.toys import Toy

PARTS = Registries(api.searches(), {"toy": Toy, **api.evaluators()}, {"inline": Inline}, api.operations())


@dataclass(frozen=True)
class ClashingSettings:
    copies: int = 3


class Clashing(Magnitude):
    """An algorithm with a setting of the evaluator's name."""

    Settings = ClashingSettings  # type: ignore[assignment]  # other settings than its base class


def test_each_setting_reaches_whom_it_belongs_to() -> None:
    given = {"m": "5,9", "copies": "7", "ridge": "1", "train": "40", "evaluator.gamma": "0.5", "n": (2,)}

    settings = study_settings(given, PARTS, algorithm="randaugment", seed=4, trials=3)

    assert settings == StudySettings(
        "randaugment",
        seed=4,
        trials=3,
        train=40,
        algorithm_settings={"m": (5, 9), "n": (2,)},
        evaluator_settings={"copies": 7, "ridge": 1.0, "gamma": 0.5},
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"copys": "3"}, r"no setting 'copys' \(did you mean 'copies'\?\)"),
        ({"study.copies": "3"}, "no setting 'study.copies'"),
        ({"seeds": "3"}, "no setting 'seeds'"),
        ({"copies": "three"}, "copies takes whole numbers, not 'three'"),
        ({"copies": 2.5}, "copies takes whole numbers, not 2.5"),
        ({"copies": True}, "copies takes whole numbers, not True"),
        ({"ridge": "x"}, "ridge takes numbers"),
        ({"m": "1,,2"}, "m takes whole numbers, not ''"),
        ({"train": "1"}, r"train is a whole number in 2\.\."),
    ],
)
def test_a_wrong_setting_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        study_settings(given, PARTS, algorithm="randaugment")


def test_a_name_that_two_declare_needs_its_owner() -> None:
    clashing = Registries(
        {"clash": partial(Clashing, api.operations())}, PARTS.evaluators, PARTS.executors, PARTS.operations
    )

    with pytest.raises(SettingsError, match=r"write algorithm\.copies or evaluator\.copies"):
        study_settings({"copies": "1"}, clashing, algorithm="clash")
    settings = study_settings({"algorithm.copies": "1"}, clashing, algorithm="clash")
    assert settings.algorithm_settings == {"copies": 1}


def test_unknown_algorithms_and_evaluators_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"no search algorithm 'randaugmet'.*randaugment"):
        study_settings({}, PARTS, algorithm="randaugmet")
    with pytest.raises(SettingsError, match=r"no evaluator 'tory'.*toy"):
        study_settings({}, PARTS, algorithm="randaugment", evaluator="tory")


def test_declared_settings_have_types_and_defaults() -> None:
    defaults = {name: entry.default for name, entry in declared(Toy).items()}
    assert defaults == {"mode": "", "folder": "", "gift": 0.2, "times": 1, "reports": 0}
    assert set(declared(api.searches()["randaugment"])) == {"n", "m"}


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("yes", bool, True),
        ("0", bool, False),
        ("none", int | None, None),
        ("3", int | None, 3),
        (3, float, 3.0),
        ("a,b", tuple[str, ...], ("a", "b")),
        ([1, 2], tuple[float, ...], (1.0, 2.0)),
        (4, tuple[int, ...], (4,)),
        ({"any": 1}, dict[str, int], {"any": 1}),
    ],
)
def test_values_are_read_as_their_type(value: Any, kind: Any, expected: Any) -> None:
    assert parsed(value, kind, "key") == expected


def test_the_text_of_an_annotation_is_read_and_never_run(tmp_path: Path) -> None:
    """A plugin's algorithm may be annotated with anything; the rules of the gate look at code, not at texts."""
    told = tmp_path / "told"

    class Algorithm:
        def __init__(self, *, copies: Any = 1) -> None:
            self.copies = copies

    Algorithm.__init__.__annotations__["copies"] = f"open({str(told)!r}, 'w')"
    assert declared(Algorithm) == {"copies": Declared(Any, 1)}
    assert not told.exists()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("int", int),
        ("str | None", str | None),
        ("tuple[float, ...]", tuple[float, ...]),
        ("tuple[int, ...] | None", tuple[int, ...] | None),
        ("dict[str, int]", Any),
        ("Path", Any),
        ("(", Any),
    ],
)
def test_types_are_read_from_their_text(text: str, kind: Any) -> None:
    assert type_of(text) == kind
