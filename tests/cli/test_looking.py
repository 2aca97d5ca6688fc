"""Commands that show: ops, policies, plugins, doctor, preview, explain, replay."""

import json
import os
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import augplug
from augplug import api
from augplug._pipeline.augmenter import Augmenter
from augplug.cli import doctor, ops
from augplug.errors import PluginError
from augplug.registry import Plugin
from augplug.types import FUSE_MODES
from tests.cli.conftest import Run, read, write_image
from tests.operations import names


def test_ops_list_has_every_operation_with_its_provider(run: Run) -> None:
    outcome = run("ops", "list")
    assert (outcome.status, outcome.err) == (0, "")
    head, *rows = outcome.out.splitlines()
    assert head.split() == ["NAME", "FROM", "A", "LEVEL", "SETS", "WHAT", "IT", "DOES"]
    assert [row.split()[0] for row in rows] == [name for name in augplug.operations() if ":" not in name]
    assert {row.split()[1] for row in rows} == {"augplug"}


def test_ops_list_as_json_says_the_same_and_more(run: Run) -> None:
    rows = {row["name"]: row for row in json.loads(run("ops", "list", "--json").out)}
    degrees = rows["Rotate"]["parameters"]["degrees"]
    assert (degrees["range"], degrees["unit"], degrees["level"], degrees["signed"]) == (
        [-360, 360],
        "degrees",
        [0, 30],
        True,
    )
    assert rows["Cutout"]["parameters"]["x"]["draw"] == {"uniform": [0.0, 1.0]}
    assert rows["Invert"]["address"] == "augplug:Invert"


def test_ops_show(run: Run) -> None:
    outcome = run("ops", "show", "augplug:Solarize")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines()[:3] == [
        "Solarize: Invert every value from `threshold` on: 256 changes nothing, 0 inverts everything.",
        "  address   augplug:Solarize, version 1",
        f"  source    {augplug.operations()['Solarize'].about.source}",
    ]
    assert "a number in 0..256 (8-bit values)  must be given, or a level  256 to 0" in outcome.out
    assert run("ops", "show", "Invert").out.endswith("  no parameters\n")
    assert json.loads(run("ops", "show", "Rotate", "--json").out)["name"] == "Rotate"


@pytest.mark.parametrize("name", [*names(), "augplug:Gamma"])
def test_ops_show_writes_a_sheet(run: Run, name: str) -> None:
    outcome = run("ops", "show", name, "-o", "sheet.png")
    assert (outcome.status, outcome.err) == (0, "the sheet is in sheet.png\n")
    assert len(np.unique(read(Path("sheet.png")).reshape(-1, 3), axis=0)) > 1000, "no photograph on it"


@pytest.mark.parametrize("name", sorted({*names()} - {"Identity", "AutoContrast"}))
def test_the_sheet_of_an_operation_shows_what_it_does(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    # AutoContrast is left out because the photograph has full contrast.
    shown: list[tuple[tuple[int, ...], bytes]] = []
    keep = shown.extend
    monkeypatch.setattr(ops, "contact_sheet", lambda images, *_: keep((i.shape, i.tobytes()) for i in images))
    ops._sheet(name)
    assert len(set(shown)) > 1


def test_a_signed_level_names_both_ends() -> None:
    assert ops._level(augplug.operations()["Color"].about.parameters["factor"]) == "1 to 1.9 or 0.1"


def test_policies_list(run: Run) -> None:
    outcome = run("policies", "list")
    assert [row.split()[:3] for row in outcome.out.splitlines()[1:3]] == [
        ["autoaugment-cifar10", "augplug", "50"],
        ["autoaugment-svhn", "augplug", "50"],
    ]
    rows = json.loads(run("policies", "list", "--json").out)
    assert {"name", "provider", "source"} == set(rows[0])
    assert "randaugment" in {row["name"] for row in rows}


def test_policies_show(run: Run) -> None:
    shown = run("policies", "show", "randaugment:n=3,m=7").out.splitlines()
    assert shown[0] == "randaugment"
    assert shown[7:10] == ["3 of 14, with replacement:", "  Identity", "  AutoContrast"]
    assert "  Rotate (level 7)" in shown
    assert (
        "  Invert (p 0.1), then Contrast (p 0.2, level 6)"
        in run("policies", "show", "autoaugment-cifar10").out.splitlines()
    )


def test_policies_show_every_word(run: Run) -> None:
    chains = [{"sequence": []}, {"sequence": [{"one_of": [{"op": "Invert"}, {"op": "Identity"}], "weights": [1, 3]}]}]
    Path("mine.toml").write_text("", "utf-8")
    Path("mine.json").write_text(json.dumps({"augplug_policy": 1, "policy": {"blend": chains, "alpha": 0.5}}), "utf-8")
    shown = run("policies", "show", "mine.json").out.splitlines()
    assert shown[7:] == [
        "the image blended with 2 chains, alpha 0.5:",
        "  nothing:",
        "  all, in order:",
        "    one of 2:",
        "      Invert  (weight 1)",
        "      Identity  (weight 3)",
    ]


def test_policies_compose_writes_policies_out_and_show_and_check_read_them(run: Run) -> None:
    step = {"op": "RandomResizedCrop", "height": 8, "width": 8}
    Path("crop.json").write_text(json.dumps({"augplug_policy": 1, "policy": step}), "utf-8")
    outcome = run(
        "policies", "compose", "crop.json", "randaugment:n=2,m=14", "Invert", "--name", "mine", "-o", "mine.json"
    )
    made = api.load_policy("mine.json")

    assert (outcome.status, outcome.out) == (0, "")
    assert outcome.err == "the policy is in mine.json; try: augplug policies show mine.json\n"
    crop = augplug.Policy(augplug.step("RandomResizedCrop", height=8, width=8))
    assert made == augplug.Policy(augplug.compose([crop, augplug.policy("randaugment", n=2, m=14), "Invert"]), "mine")
    shown = run("policies", "show", "mine.json").out.splitlines()
    assert shown[7:9] == ["all, in order:", "  a policy, scale autoaugment:"]
    assert shown[10:13] == [
        "  a policy, scale randaugment, interpolation nearest, fill 0, mask_fill 0:",
        "    2 of 14, with replacement:",
        "      Identity",
    ]
    assert shown[-1] == "  Invert"
    assert run("policies", "check", "mine.json").out.startswith("mine.json is a policy: mine, 16 steps, digest ")


def test_policies_compose_takes_every_word_of_the_grammar(run: Run) -> None:
    for word in ("sequence", "one_of", "some_of", "blend"):
        number = ("-n", "2") if word == "some_of" else ()
        written = json.loads(run("policies", "compose", "hand-made", "Invert", "--word", word, *number).out)
        assert word in written["policy"]
    for wrong in (("--word", "some_of"), ("-n", "2"), ("-o", "x.toml"), ("--word", "two_of")):
        outcome = run("policies", "compose", "Invert", *wrong)
        assert (outcome.status, outcome.err.count("\n")) == (2, 1)
    assert "did you mean 'randaugment'" in run("policies", "compose", "randaugmnt").err


def test_policies_show_as_json_is_a_policy_file(run: Run) -> None:
    Path("mine.json").write_text(run("policies", "show", "randaugment:n=1,m=5", "--json").out, "utf-8")
    assert api.load_policy("mine.json") == augplug.policy("randaugment", n=1, m=5)
    assert run("policies", "check", "mine.json").out.startswith("mine.json is a policy: randaugment, 14 steps, digest ")


def test_policies_show_writes_a_sheet(run: Run) -> None:
    assert run("policies", "show", "trivialaugment-wide", "-o", "sheet.png").err == "the sheet is in sheet.png\n"
    assert read(Path("sheet.png")).ndim == 3


def test_an_added_policy_has_a_name_everywhere(run: Run, tmp_path: Path) -> None:
    Path("x.json").write_text('{"augplug_policy": 1, "name": "my-own", "policy": {"op": "Invert"}}', "utf-8")
    outcome = run("policies", "add", "x.json")
    target = tmp_path / "config" / "augplug" / "policies" / "my-own.json"
    assert (outcome.status, outcome.out) == (0, f"{target}\n")
    assert f"my-own                {target}" in run("policies", "list").out
    assert run("policies", "show", "my-own").status == 0
    assert run("policies", "add", "x.json").status == 2


def test_a_damaged_policy_of_the_users_does_not_hide_the_others(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "config" / "augplug" / "policies"
    folder.mkdir(parents=True)
    (folder / "bad.json").write_text("{", "utf-8")
    outcome = run("policies", "list")
    assert outcome.status == 0
    assert outcome.err.startswith("left out bad: at /: not JSON")
    assert "autoaugment-svhn" in outcome.out


def test_policies_check_takes_several_files_and_names_each_that_is_wrong(run: Run) -> None:
    Path("good.json").write_text('{"augplug_policy": 1, "name": "good", "policy": {"op": "Invert"}}', "utf-8")
    for name in ("bad", "worse"):
        Path(f"{name}.json").write_text("{", "utf-8")
    outcome = run("policies", "check", "bad.json", "good.json", "worse.json")
    assert outcome.status == 2
    assert [line.split()[0] for line in outcome.out.splitlines()] == ["good.json"]
    assert [line.split()[1] for line in outcome.err.splitlines()] == ["bad.json:", "worse.json:"]


def test_a_configuration_folder_that_cannot_be_made_is_said(run: Run, tmp_path: Path) -> None:
    Path("x.json").write_text('{"augplug_policy": 1, "name": "my-own", "policy": {"op": "Invert"}}', "utf-8")
    (tmp_path / "config").write_text("in the way", "utf-8")
    outcome = run("policies", "add", "x.json")
    assert outcome.status == 2
    assert outcome.err.endswith("set XDG_CONFIG_HOME\n")


def test_plugins_list(run: Run) -> None:
    head, row = run("plugins", "list").out.splitlines()[:2]
    assert head.split() == ["NAME", "STATE", "DISTRIBUTION", "VERSION", "APPROVED", "CAPABILITIES", "PROVIDES"]
    assert row.split()[:6] == ["builtin", "loaded", "augplug", version("augplug"), "built", "in"]
    assert json.loads(run("plugins", "list", "--json").out)[0]["provides"]["searches"] == [
        "autoaugment", "magnitude", "randaugment", "random", "random-subpolicies", "strengths"
    ]  # fmt: skip


def test_doctor_is_content_with_a_good_installation(run: Run) -> None:
    outcome = run("doctor")
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0].startswith(f"augplug {augplug.__version__}, Python 3")
    assert lines[-1] == "everything is in order"


def test_doctor_says_how_large_the_cache_is_and_removes_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache = tmp_path / "cache" / "augplug"
    for name in ("gate/1.0.0-abc/tools/a.py", "verdicts/b.json", "another/c"):
        (cache / name).parent.mkdir(parents=True)
        (cache / name).write_bytes(b"x" * 1_400_000)

    assert f"the gate's cache: {cache} (3 MB; doctor --clean removes it)" in run("doctor").out
    outcome = run("doctor", "--clean")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"removed 3 MB from {cache}\n")
    assert f"the gate's cache: {cache} (0 MB;" in outcome.out
    assert sorted(path.relative_to(cache).as_posix() for path in cache.rglob("*") if path.is_file()) == [
        "another/c", "gate/lock"
    ]  # fmt: skip


def test_a_cache_that_cannot_be_removed_is_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "cache" / "augplug").mkdir(parents=True)
    (tmp_path / "cache" / "augplug" / "verdicts").write_text("a file", "utf-8")

    outcome = run("doctor", "--clean")
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert "cannot be emptied" in outcome.err


def test_doctor_finds_two_opencvs_a_broken_plugin_and_a_broken_backend(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(name: str) -> str:
        if name == "rich":
            raise PackageNotFoundError
        return "1.0" if name in two else version(name)

    two = ("opencv-python", "opencv-python-headless")

    def broken() -> None:
        raise ImportError("libGL.so.1")

    rows = [replace(api.plugins()[0]), Plugin("odd", "odd-plugin", "0.1", "broken", "ValueError: no")]
    monkeypatch.setattr(doctor, "version", found)
    monkeypatch.setattr("augplug.api.plugins", lambda: rows)
    monkeypatch.setattr("augplug.api.backends", lambda: {"opencv": broken})
    outcome = run("doctor")
    assert outcome.status == 1
    wrong = [line for line in outcome.out.splitlines() if line.startswith("WRONG: ")]
    both = " and ".join(two)
    assert wrong == [
        "WRONG: rich is missing: pip install rich",
        f"WRONG: {both} overwrite each other's files: pip uninstall -y {' '.join(two)}, then install one of them",
        "WRONG: backend opencv cannot be used (ImportError: libGL.so.1); install its library again",
        "WRONG: the plugin odd is broken: pip uninstall odd-plugin, or mend it",
    ]


def test_doctor_does_not_miss_an_opencv_that_nobody_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ModuleNotFoundError("No module named 'cv2'")

    def found(name: str) -> str:
        if name == "stringzilla":
            raise PackageNotFoundError
        return version(name)

    monkeypatch.setattr(doctor, "OPENCV", ())
    monkeypatch.setattr(doctor, "version", found)
    monkeypatch.setattr("augplug.api.backends", lambda: {"opencv": missing})
    outcome = run("doctor")
    assert outcome.status == 0
    assert "OpenCV: not installed" in outcome.out
    assert "stringzilla: not installed" in outcome.out
    assert "backend opencv: cannot be used (ModuleNotFoundError: No module named 'cv2')" in outcome.out


def test_doctor_survives_an_augplug_that_is_not_installed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise PluginError("augplug is not installed")

    monkeypatch.setattr("augplug.api.backends", missing)
    outcome = run("doctor")
    assert outcome.status == 1
    assert "WRONG: augplug is not installed" in outcome.out


def test_preview_writes_a_sheet_under_a_free_name(run: Run, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png")
    first = run("preview", "randaugment", "a.png", "--rows", "2", "--columns", "3", "--seed", "5")
    second = run("preview", "randaugment", "a.png", "--rows", "2", "--columns", "3", "--seed", "5")
    assert (first.status, first.out, first.err) == (0, "sheet.png\n", "6 pictures of randaugment, seed 5\n")
    assert second.out == "sheet-2.png\n"
    np.testing.assert_array_equal(read(Path("sheet.png")), read(Path("sheet-2.png")))
    assert run("preview", "randaugment", "-o", "photo.png").out == "photo.png\n"


def test_explain_takes_a_text_key(run: Run, tmp_path: Path) -> None:
    """The plan of that key; with both or neither it says which to give."""
    image = np.zeros((8, 9, 3), np.uint8)
    Image.fromarray(image).save(tmp_path / "a.png")

    told = run("explain", "randaugment", "a.png", "--key", "shard-3/1.jpg", "--epoch", "2", "--json")

    plan = augplug.Augmenter("randaugment").plan(image, key="shard-3/1.jpg", epoch=2)
    assert json.loads(told.out) == json.loads(plan.to_json())
    for wrong in ((), ("--key", "a", "--index", "1")):
        outcome = run("explain", "randaugment", "a.png", *wrong)
        assert (outcome.status, "give --index I or --key TEXT" in outcome.err) == (2, True)


def test_explain_offers_the_fuse_levels_that_there_are(run: Run, tmp_path: Path) -> None:
    offered = " ".join(run("explain", "--help").out.split())

    assert f"How effects are fused: {' or '.join(FUSE_MODES)}." in offered
    write_image(tmp_path / "a.png")
    for level in FUSE_MODES:
        outcome = run("explain", "randaugment", "a.png", "--index", "3", "--fuse", level)
        assert (outcome.status, outcome.err) == (0, "")


def test_explain_prints_the_draw_and_its_effects(run: Run, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png")
    steps = [{"op": "Invert"}, {"op": "Solarize", "threshold": 128}, {"op": "Rotate", "degrees": 90}]
    Path("p.json").write_text(
        json.dumps({"augplug_policy": 1, "name": "three", "policy": {"sequence": steps}}), "utf-8"
    )
    outcome = run("explain", "p.json", "a.png", "--index", "3", "--epoch", "2", "--seed", "1", "--backend", "reference")
    assert (outcome.status, outcome.err) == (0, "")
    drawn, described, fused = outcome.out.split("\n\n")
    assert drawn.splitlines()[0] == "three (seed 1, epoch 2, index 3; reference, fuse exact)"
    assert drawn.splitlines()[1] == "  Invert()"
    assert described.splitlines()[:3] == [
        "Effects as described (3):",
        "  Tone(function=invert)",
        "  Tone(function=solarize, arguments=(128))",
    ]
    assert fused.splitlines()[:2] == [
        "Effects as rendered, fused in mode 'exact' (2):",
        "  Tone(function=invert, after=(Tone(function=solarize, arguments=(128))))",
    ]
    assert "0x" not in outcome.out
    Path("nothing.json").write_text('{"augplug_policy": 1, "policy": {"sequence": []}}', "utf-8")
    assert run("explain", "nothing.json", "a.png", "--index", "0").out.endswith("(0):\n  nothing\n")


def test_replay_gives_the_same_pixels(run: Run, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png")
    outcome = run("explain", "randaugment:n=3,m=9", "a.png", "--index", "3", "--seed", "9", "--json")
    Path("plan.json").write_text(outcome.out, "utf-8")
    again = run("replay", "plan.json", "a.png", "-o", "b.png")
    assert (again.status, again.out, again.err) == (0, "b.png\n", "")
    expected = Augmenter("randaugment:n=3,m=9", seed=9)(read(tmp_path / "a.png"), index=3)
    np.testing.assert_array_equal(read(Path("b.png")), expected)


def test_replay_says_what_the_format_could_not_hold(run: Run, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", channels=2)
    Path("p.json").write_text('{"augplug_policy": 1, "policy": {"op": "HorizontalFlip"}}', "utf-8")
    Path("plan.json").write_text(run("explain", "p.json", "a.png", "--index", "0", "--json").out, "utf-8")
    assert run("replay", "plan.json", "a.png", "-o", "b.jpg").err == "b.jpg: JPEG holds no alpha; it was dropped\n"


def test_replay_refuses_what_it_cannot_do(run: Run, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png")
    plan = json.loads(run("explain", "randaugment", "a.png", "--index", "0", "--json").out)
    Path("mixed.json").write_text(json.dumps({**plan, "partners": {"1": "00"}}), "utf-8")
    assert "another partner image" in run("replay", "mixed.json", "a.png", "-o", "b.png", "--partner", "a.png").err
    Path("large.json").write_bytes(b" " * (1 << 20) + b"{}")
    assert "this is not a plan" in run("replay", "large.json", "a.png", "-o", "b.png").err


def test_notes_on_images_go_to_stderr(run: Run, tmp_path: Path) -> None:
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).convert("CMYK").save(tmp_path / "a.jpg")
    outcome = run("explain", "randaugment", "a.jpg", "--index", "0", "--json")
    assert outcome.err == "a.jpg: CMYK converted to RGB\n"
    assert json.loads(outcome.out)["policy"] == "randaugment"


def test_an_unreadable_plan_is_said(run: Run, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png")
    Path("plan.json").write_text("{}", "utf-8")
    Path("plan.json").chmod(0)
    if not os.access("plan.json", os.R_OK):
        assert "cannot be read as a plan" in run("replay", "plan.json", "a.png", "-o", "b.png").err


def test_ops_show_has_the_type_of_each_field_and_null_for_an_end_that_is_not_there(run: Run) -> None:
    fields = json.loads(run("ops", "show", "RandomErasing", "--json").out, parse_constant=pytest.fail)["parameters"]

    assert {name: fields[name]["type"] for name in ("noise", "mask_value", "key")} == {
        "noise": "flag",
        "mask_value": "number or null",
        "key": "integer",
    }
    assert fields["mask_value"]["range"] == [0, None]
    assert fields["noise"]["range"] is None
    assert fields["noise"]["default"] is True
