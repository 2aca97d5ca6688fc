"""SageMaker's contract for containers that serve a model: `/ping`, and `/invocations`."""

from __future__ import annotations

from augplug_serve.handler import Handler
from augplug_serve.messages import JSON, Answer, Request, Route, draw_of, named
from augplug_serve.plain import MEDIA, augmented, written

ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
KNOWN = ("index", "epoch", "key", "format", "quality")


class SageMaker:
    """An image file is posted to `/invocations`; `Accept: image/png` names a format, `application/json` adds the plan.

    `index=3,epoch=0` in the header X-Amzn-SageMaker-Custom-Attributes, which SageMaker hands on, name the draw.
    """

    def __init__(self, handler: Handler) -> None:
        """Take the handler."""
        self._handler = handler

    def routes(self, path: str) -> tuple[Route, ...]:
        """Return what can be done at a path."""
        if path == "/ping":
            return (Route("GET", _ping, open=True),)
        return (Route("POST", self.invoke, quick=False),) if path == "/invocations" else ()

    def invoke(self, request: Request) -> Answer:
        """Augment the image in the body."""
        text = request.headers.get(ATTRIBUTES, "")
        pairs = [part.strip().partition("=") for part in text.split(",") if part.strip()]
        given = named([(name, value) for name, _, value in pairs], KNOWN)
        accept = request.headers.get("accept", "").partition(";")[0].strip().lower()
        formats = {media: name for name, media in MEDIA.items() if name != "DIB"}
        given = {**({"format": formats[accept]} if accept in formats else {}), **given}
        return written(augmented(self._handler, request.body, given, draw_of(given), plan=accept == JSON))


def _ping(_request: Request) -> Answer:
    return Answer(b"")
