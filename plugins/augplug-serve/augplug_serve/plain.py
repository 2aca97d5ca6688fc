"""Plain HTTP: an image file is posted to `/apply`, and the augmented one comes back."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping

import augplug
from augplug_serve.handler import Draw, Encoded, Handler
from augplug_serve.messages import JSON, Answer, RefusedError, Request, Route, draw_of, whole

KNOWN = ("index", "epoch", "key", "format", "quality", "plan")
MEDIA = {
    "AVIF": "image/avif",
    "BMP": "image/bmp",
    "DIB": "image/bmp",
    "JPEG": "image/jpeg",
    "JPEG2000": "image/jp2",
    "PNG": "image/png",
    "PPM": "image/x-portable-pixmap",
    "TGA": "image/x-tga",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}


class Plain:
    """`POST /apply?index=3&epoch=0&format=png&quality=90`: the image; with `plan=1`, JSON with the plan too."""

    def __init__(self, handler: Handler) -> None:
        """Take the handler."""
        self._handler = handler

    def routes(self, path: str) -> tuple[Route, ...]:
        """Return what can be done at a path."""
        return (Route("POST", self.apply, quick=False),) if path == "/apply" else ()

    def apply(self, request: Request) -> Answer:
        """Augment the image in the body."""
        given = request.parameters(KNOWN)
        plan = whole(given, "plan", 0, most=1) == 1
        return written(augmented(self._handler, request.body, given, draw_of(given), plan=plan))


def augmented(handler: Handler, body: bytes, given: Mapping[str, str], draw: Draw, *, plan: bool) -> Encoded:
    """Return an image file augmented. Raises RefusedError for a body that is not an image."""
    quality = whole(given, "quality", 95, most=100)
    if not body:
        raise RefusedError(400, "the body is empty; send the bytes of an image file")
    try:
        return handler.file(body, draw, plan=plan, form=given.get("format"), quality=quality or 0)
    except augplug.DataError as error:
        raise RefusedError(400, str(error)) from error


def written(made: Encoded) -> Answer:
    """Return the image alone, or, with its plan, as JSON with the image in base64."""
    media = MEDIA[made.form]
    if made.plan is None:
        return Answer(made.content, media)
    document = {"image": b64encode(made.content).decode(), "media": media, "notes": made.notes}
    return Answer(json.dumps({**document, "plan": json.loads(made.plan.to_json())}).encode(), JSON)
