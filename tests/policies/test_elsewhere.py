"""Names of other libraries are answered with what is written here, and that is something that exists."""

import re
from pathlib import Path

import pytest

import augplug
from augplug._policies.elsewhere import name_here, rows

PLUGINS = Path(__file__).parents[2] / "plugins"
LIBRARIES = {"Albumentations", "torchvision", "timm", "imgaug", "Kornia", "Ultralytics"}
WRITTEN_HERE = sorted(name for name, row in rows().items() if "here" in row and "plugin" not in row)
NOTHING_HERE = sorted(name for name, row in rows().items() if "here" not in row)


def classes_of(plugin: str) -> set[str]:
    text = "".join(path.read_text("utf-8") for path in (PLUGINS / plugin).rglob("*.py"))
    return set(re.findall(r"^class (\w+)\(augplug\.Operation\)", text, re.MULTILINE))


@pytest.mark.parametrize("name", WRITTEN_HERE)
def test_what_is_written_here_can_be_written(name: str) -> None:
    """An ellipsis stands for the user's own steps."""
    written = rows()[name]["here"].replace("plan, image", "").replace("augplug.replay()", "augplug.replay")
    steps = ", ".join(["augplug.step('Invert')"] * 3)
    made = eval(written.replace("...", steps), {"augplug": augplug})  # pylint: disable=eval-used  # the table is ours

    assert made is not None
    for operation in re.findall(r'augplug\.step\("(\w+)"', written):
        assert operation in augplug.operations()


def test_what_a_plugin_brings_is_in_that_plugin() -> None:
    albumentations = classes_of("augplug-albumentations")
    corruptions = classes_of("augplug-corruptions")
    for name, row in rows().items():
        if "plugin" in row:
            assert row["plugin"] == "augplug-albumentations"
            assert set(re.findall(r'step\("(\w+)"', row["here"])) <= albumentations, name
        for brought in re.findall(r"(A[A-Z]\w+) of the plugin", row.get("note", "")):
            assert brought in albumentations, name
        for brought in re.findall(r"Corruption\w+", row.get("note", "")):
            assert brought in corruptions, name


@pytest.mark.parametrize("name", NOTHING_HERE)
def test_what_has_no_equivalent_says_why_or_what_to_do(name: str) -> None:
    told = name_here(name)

    assert told is not None
    assert "has no equivalent here: " in told
    assert rows()[name]["note"]


def test_the_table_is_well_formed() -> None:
    assert len(rows()) >= 120
    assert len({name.casefold() for name in rows()}) == len(rows())
    for name, row in rows().items():
        told = name_here(name)
        assert told is not None
        assert set(row["of"].split(", ")) <= LIBRARIES, name
        assert set(row) <= {"of", "here", "plugin", "note"}, name
        assert len(told) <= 240, name
        assert not told.endswith("."), name
    assert {library for row in rows().values() for library in row["of"].split(", ")} == LIBRARIES


@pytest.mark.parametrize("name", ["Normalize", "normalize", "NORMALIZE", "A.Normalize", "transforms.v2.Normalize"])
def test_case_and_module_do_not_matter(name: str) -> None:
    told = name_here(name)

    assert told is not None
    assert told.startswith("Normalize (Albumentations, torchvision, Kornia) is written augplug.Output(")


@pytest.mark.parametrize("name", ["", ".", "Rotat", "Posterish"])
def test_other_names_are_not_known(name: str) -> None:
    assert name_here(name) is None


@pytest.mark.parametrize("name", ["CLAHE", "Emboss"])
def test_what_is_in_a_plugin_says_how_to_get_it(name: str) -> None:
    assert "pip install augplug-albumentations" in str(name_here(name))
