"""The playground's server side: its page, what it starts with, and what a policy makes of an image."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import augplug
from augplug_serve.handler import MAX_PIXELS
from augplug_serve.messages import Answer, RefusedError, Request, Route, answer_json, whole
from augplug_serve.pictures import Picture, coloured

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (("Content-Security-Policy", POLICY), ("X-Frame-Options", "DENY"))
FILES = {
    "/": ("page.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}
KEYS = ("policy", "image", "seed", "epoch", "index")
LOOKING = ("BoxCrop", "BoxSafeCrop", "MaskCrop")
"""Operations whose draw depends on masks or boxes."""
MOST_PIXELS = 1024
"""End of the sliders of sides, in pixels; a larger value in a policy widens its slider."""
SEEDS = 2**32 - 1


class Playground:
    """Some images, and a policy to begin with. The address of the page and of its parts carries the token."""

    def __init__(self, pictures: Sequence[Picture], policy: augplug.Policy, token: str) -> None:
        """Take what was loaded."""
        self._pictures, self._policy, self._token = pictures, policy, token

    def routes(self, path: str) -> tuple[Route, ...]:
        """Return what can be done at a path."""
        if path in FILES:
            return (Route("GET", self._file),)
        if path == "/start":
            return (Route("GET", self._start),)
        if path == "/policy":
            return (Route("POST", _named),)
        return (Route("POST", self.render, quick=False),) if path == "/render" else ()

    def _file(self, request: Request) -> Answer:
        name, media = FILES[request.path]
        text = Path(__file__).with_name(f"{name}.txt").read_text("utf-8").replace("$token", self._token)
        return Answer(text.encode(), f"{media}; charset=utf-8", headers=HEADERS)

    def _start(self, _request: Request) -> Answer:
        operations = {name: operation for name, operation in augplug.operations().items() if ":" not in name}
        return answer_json(
            {
                "images": [{"name": picture.path.name, "own": picture.own} for picture in self._pictures],
                "policies": sorted(augplug.policies()),
                "policy": self._policy.to_json(),
                "operations": {name: described(operation) for name, operation in sorted(operations.items())},
            }
        )

    def render(self, request: Request) -> Answer:
        """Return an image before and after a draw, with mask, boxes and plan, and the code that makes it."""
        given = _object(request, KEYS)
        document = given.get("policy")
        if not isinstance(document, dict):
            raise RefusedError(400, "policy is a policy as policy.to_json() gives it")
        picture = self._pictures[whole(given, "image", 0, most=len(self._pictures) - 1) or 0]
        seed = whole(given, "seed", 0, most=SEEDS) or 0
        draw: dict[str, Any] = {
            "index": whole(given, "index", 0, most=SEEDS) or 0,
            "epoch": whole(given, "epoch", 0, most=SEEDS) or 0,
        }
        policy = augplug.load_policy(document)
        augment = augplug.Augmenter(policy, seed=seed, max_pixels=MAX_PIXELS)
        if augment.mixes:
            raise RefusedError(400, "the playground shows single images; leave out CutMix, MixUp and SamplePairing")
        made, plan, note = augmented(augment, picture, draw)
        return answer_json(
            {
                "before": _shown(picture.image, picture.mask, picture.boxes),
                "after": _shown(*made),
                "note": note,
                "plan": plan,
                "json": json.dumps(policy.to_json(), indent=1),
                "python": code(picture, policy, seed, draw),
            }
        )


def _named(request: Request) -> Answer:
    name = _object(request, ("name",)).get("name")
    if not isinstance(name, str) or name not in augplug.policies():
        raise RefusedError(400, f"there is no policy {str(name)[:80]!r}")
    return answer_json(augplug.policy(name).to_json())


def augmented(
    augment: augplug.Augmenter, picture: Picture, draw: Mapping[str, Any]
) -> tuple[tuple[Any, Any, Any], str, str]:
    """Return image, mask and boxes after a draw, its plan, and a note if masks and boxes cannot follow."""
    sample: dict[str, Any] = {"image": picture.image, "mask": picture.mask, "boxes": augplug.Boxes(picture.boxes)}
    try:
        made: dict[str, Any] = augment(**sample, **draw)
    except augplug.TargetError as error:
        alone = augment(picture.image, **draw)
        return (alone, None, []), str(augment.plan(picture.image, **draw)), str(error)
    return (made["image"], made["mask"], made["boxes"].array), str(augment.plan(**sample, **draw)), ""


def described(operation: type[augplug.Operation]) -> dict[str, Any]:
    """Return what the page has to know of an operation to draw its sliders."""
    about = operation.about
    return {
        "summary": about.summary,
        "level": about.level_field,
        "parameters": {name: _parameter(declared) for name, declared in about.parameters.items()},
    }


def _parameter(declared: Any) -> dict[str, Any]:
    low, high = bounds(declared)
    kind = "number"
    if declared.flag:
        kind = "flag"
    elif declared.choices:
        kind = "choice"
    elif declared.length:
        kind = "text"
    return {
        "kind": kind,
        "low": low,
        "high": high,
        "integer": declared.integer,
        "unit": declared.unit,
        "choices": list(declared.choices),
        "default": declared.default if isinstance(declared.default, (bool, int, float, str)) else None,
        "drawn": declared.draw is not None,
        "required": declared.required and declared.draw is None,
    }


def bounds(declared: Any) -> tuple[float, float]:
    """Return the ends of a slider: the range if it is one, else what levels use, widened so that it shows more."""
    ends = [*(declared.level or ()), *(float(one) for one in [declared.default] if isinstance(one, (int, float)))]
    reach = max([2 * abs(end) for end in ends] + [1.0])
    low = declared.low if math.isfinite(declared.low) else -reach
    high = declared.high if math.isfinite(declared.high) else max(reach, low + reach)
    if declared.unit == "times":
        high = min(high, 4.0)
    if declared.unit.startswith("pixels"):
        low, high = max(low, -MOST_PIXELS), min(high, MOST_PIXELS)
    return low, high


def code(picture: Picture, policy: augplug.Policy, seed: int, draw: Mapping[str, int]) -> str:
    """Return Python that makes the picture that is shown."""
    lines = ["from pathlib import Path", "", "import augplug", ""]
    lines.append(f"image = augplug.decode_image(Path({str(picture.path)!r}).read_bytes()).image")
    if picture.shrunk is not None:
        height, width = picture.shrunk
        step = f'augplug.step("Resize", height={height}, width={width}, interpolation="area")'
        lines.append(f"image = augplug.Augmenter({step})(image, index=0)  # as the playground shows it")
    lines += ["", f"policy = {augplug.policy_code(policy)}", f"augment = augplug.Augmenter(policy, seed={seed})"]
    when = f"index={draw['index']}, epoch={draw['epoch']}"
    if any(f'"{name}"' in json.dumps(policy.to_json()) for name in LOOKING):
        lines.append("# This policy looks at masks and boxes: give those of your image.")
        lines.append(f'augmented = augment(image=image, mask=mask, boxes=boxes, {when})["image"]')
    else:
        lines.append(f"augmented = augment(image, {when})")
    return "\n".join([*lines, ""])


def _shown(image: Any, mask: Any, boxes: Any) -> dict[str, Any]:
    height, width = np.asarray(image).shape[:2]
    return {
        "image": b64encode(augplug.encode_image(image)[0]).decode(),
        "mask": "" if mask is None else b64encode(coloured(mask)).decode(),
        "boxes": np.asarray(boxes).tolist(),
        "size": [width, height],
    }


def _object(request: Request, known: tuple[str, ...]) -> dict[str, Any]:
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, f"the body is not JSON: {str(error)[:200]}") from error
    if not isinstance(found, dict) or not {*found} <= {*known}:
        raise RefusedError(400, f"the body is an object with the keys {', '.join(known)}")
    return found
