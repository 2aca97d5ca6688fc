"""The playground in Chromium: a slider moves, the picture changes, and what is copied makes that picture."""

import json
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augplug
from plugins.tests.served import NOISE, Served, served

webdriver = pytest.importorskip("selenium.webdriver")
CHROMIUM, DRIVER, NPM = (shutil.which(name) for name in ("chromium", "chromedriver", "npm"))
AXE = "axe-core@4.14.1"
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Debian's packages chromium and chromium-driver"),
]
SLIDER = "input[aria-label='Brightness: factor, to']"
MOVE = """
const slider = document.querySelector(arguments[0]);
slider.value = arguments[1];
slider.dispatchEvent(new Event('input', {bubbles: true}));
"""
REMOVE = "[...document.querySelectorAll('button')].findLast(button => button.textContent == 'Remove').click()"
IDLE = "return document.body.dataset.rendered"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("browser")
    image = np.kron(NOISE[:16, :16], np.ones((8, 8, 1), np.uint8))
    (folder / "noise.png").write_bytes(augplug.encode_image(image)[0])
    with served(folder, str(folder / "noise.png"), command="playground") as running:
        yield running


@pytest.fixture(params=["light", "dark"])
def browser(server: Served, request: pytest.FixtureRequest) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    dark = ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if request.param == "dark" else []
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,1200", *dark):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        driver.get(server.line.split()[1])
        rendered(driver, 1)
        is_dark = driver.execute_script("return matchMedia('(prefers-color-scheme: dark)').matches")
        assert is_dark == (request.param == "dark")
        yield driver
        # An answer 400 is an entry too; what the content security policy stops would be another one.
        assert [each for each in driver.get_log("browser") if "status of 400" not in each["message"]] == []
    finally:
        driver.quit()


def rendered(driver: Any, number: int) -> None:
    """Wait until a change is shown."""
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(driver, 60).until(lambda page: int(page.execute_script(IDLE) or 0) >= number)


def text(driver: Any, place: str) -> str:
    return str(driver.execute_script("return document.getElementById(arguments[0]).value", place))


def picture(driver: Any, stage: str) -> Any:
    source = driver.execute_script("return document.querySelector(arguments[0]).src", f"#{stage} img")
    return augplug.decode_image(b64decode(source.partition(",")[2])).pixels


def test_a_slider_changes_the_picture_and_the_copied_policy_makes_it(browser: Any, server: Served) -> None:
    before, first = picture(browser, "before"), picture(browser, "after")
    browser.execute_script(MOVE, SLIDER, 3.5)
    rendered(browser, 2)
    browser.execute_script(MOVE, "#index", 7)
    rendered(browser, 3)
    browser.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": f"http://{server.address}"},
    )
    browser.find_element("id", "copy-json").click()
    copied = browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])")

    policy = augplug.load_policy(json.loads(copied))
    assert policy.to_json() == json.loads(copied)
    assert json.loads(copied)["policy"]["sequence"][1]["factor"]["uniform"] == [0.8, pytest.approx(3.5, abs=0.05)]
    shown = picture(browser, "after")
    assert not np.array_equal(shown, first)
    assert np.array_equal(augplug.Augmenter(policy)(before, index=7), shown)
    assert "index=7" in text(browser, "python")


def test_steps_are_added_and_removed_and_masks_and_boxes_drawn(browser: Any) -> None:
    from selenium.webdriver.support.select import Select

    Select(browser.find_element("id", "operations")).select_by_visible_text("Rotate")
    rendered(browser, 2)
    assert json.loads(text(browser, "json"))["policy"]["sequence"][-1]["op"] == "Rotate"
    for place, selector in (("show-mask", "#after .mask"), ("show-boxes", "#after svg rect")):
        assert not browser.find_elements("css selector", selector)
        browser.find_element("id", place).click()
        assert browser.find_elements("css selector", selector)
    browser.find_element("css selector", "button[aria-label='Remove Brightness']").click()
    rendered(browser, 3)
    assert "Brightness" not in text(browser, "json")
    Select(browser.find_element("id", "policies")).select_by_visible_text("autoaugment-cifar10")
    rendered(browser, 4)
    assert json.loads(text(browser, "json")) == augplug.policy("autoaugment-cifar10").to_json()


def test_every_operation_can_be_added_or_says_why_not(browser: Any) -> None:
    from selenium.webdriver.support.select import Select

    names = browser.execute_script(
        "return [...document.getElementById('operations').options].slice(1).map(o => o.value)"
    )
    assert len(names) > 50
    refused = {}
    for name in names:
        number = changed(browser, 0)[0]
        Select(browser.find_element("id", "operations")).select_by_visible_text(name)
        number, bad, status = changed(browser, number)
        if bad:
            refused[name] = status
        browser.execute_script(REMOVE)
        assert changed(browser, number)[1] == ""
    assert {"CutMix", "MixUp", "SamplePairing"} <= {*refused}
    assert all("single images" in refused.pop(name) for name in ("CutMix", "MixUp", "SamplePairing"))
    assert "choose a rectangle inside it" in refused.pop("Crop")  # the middle of its sliders is larger than this image
    assert not refused


def changed(driver: Any, number: int) -> tuple[int, str, str]:
    """Wait until another picture is shown, or an error, of which the class and the text are returned."""
    state = "const s = document.getElementById('status'); return [s.dataset.number, s.className, s.textContent]"
    for _ in range(4_000):
        shown, bad, status = driver.execute_script(state)
        if int(shown or 0) > number:
            return int(shown), bad, status
    raise AssertionError(f"nothing changed after {number}")


@pytest.mark.skipif(NPM is None, reason="needs npm, which brings axe-core")
def test_axe_finds_no_fault(browser: Any, tmp_path: Path) -> None:
    subprocess.run([str(NPM), "install", "--silent", "--prefix", str(tmp_path), AXE], check=True, timeout=300)
    browser.find_element("id", "show-mask").click()
    browser.find_element("id", "show-boxes").click()
    browser.execute_script((tmp_path / "node_modules/axe-core/axe.min.js").read_text("utf-8"))
    found = browser.execute_async_script("axe.run().then(arguments[0])")
    assert [(each["id"], each["impact"], each["help"]) for each in found["violations"]] == []
    assert len(found["passes"]) > 20
