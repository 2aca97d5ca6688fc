"""Backends with a bug each: the reference, wrapped."""

import time

import numpy as np

import augplug
from augplug._backends.reference import Reference
from augplug.effects import Filter, Tone, AdaptiveTone, Warp

PLANTED = {}
BACKENDS = {}


class Wrapped(augplug.Backend):
    """The reference by another name."""

    def __init__(self):
        self.inner = Reference()
        self.name = type(self).__name__

    def version(self):
        return "reference 1"

    def prepare(self, effect, shape, dtype):
        return self.inner.prepare(effect, shape, dtype)

    def finish(self, output, last, shape, dtype):
        return self.inner.finish(output, last, shape, dtype)

    def weighted_sum(self, image, partner, weight, out=None):
        return self.inner.weighted_sum(image, partner, weight, out)


def planted(*checks):
    def make(cls):
        PLANTED[cls.__name__] = checks
        BACKENDS[cls.__name__] = cls
        return cls

    return make


@planted("has-a-name")
class OtherName(Wrapped):
    def __init__(self):
        super().__init__()
        self.name = "reference"


@planted("has-a-name")
class NoVersion(Wrapped):
    def version(self):
        return "latest"


@planted("agrees-with-the-reference")
class OffByOne(Wrapped):
    """Tones one level too bright."""

    def prepare(self, effect, shape, dtype):
        kernel = super().prepare(effect, shape, dtype)
        if isinstance(effect, Tone) and dtype == np.uint8:
            return lambda image: np.minimum(kernel(image), 254) + np.uint8(1)
        return kernel


@planted("agrees-with-the-reference")
class HalfAPixel(Wrapped):
    """Filters shifted by a pixel."""

    def prepare(self, effect, shape, dtype):
        kernel = super().prepare(effect, shape, dtype)
        return (lambda image: np.roll(kernel(image), 1, axis=0)) if isinstance(effect, Filter) else kernel


@planted("agrees-with-the-reference")
class Floats(Wrapped):
    def prepare(self, effect, shape, dtype):
        kernel = super().prepare(effect, shape, dtype)
        return (lambda image: kernel(image).astype(np.float32)) if isinstance(effect, Warp) else kernel


@planted("input-stays")
class InPlace(Wrapped):
    def prepare(self, effect, shape, dtype):
        kernel = super().prepare(effect, shape, dtype)

        def run(image):
            out = kernel(image)
            if image.flags.writeable:
                image[0, 0] = 255 - image[0, 0]
            return out

        return run


@planted("input-stays", "kernels-are-reentrant")
class OneBuffer(Wrapped):
    """Every kernel has one buffer for its results."""

    def prepare(self, effect, shape, dtype):
        kernel, kept = super().prepare(effect, shape, dtype), {}

        def run(image):
            out = kernel(image)
            buffer = kept.setdefault("buffer", np.empty_like(out))
            buffer[...] = out
            time.sleep(0.001)
            return buffer

        return run


@planted("fusing-is-exact")
class ForgetsAfter(Wrapped):
    def prepare(self, effect, shape, dtype):
        if isinstance(effect, Tone) and effect.after:
            effect = Tone(effect.function, *effect.arguments)
        if isinstance(effect, AdaptiveTone) and effect.after:
            effect = AdaptiveTone(effect.statistic, effect.function, *effect.arguments, before=effect.before)
        return super().prepare(effect, shape, dtype)


@planted("output-is-normalised")
class ForgetsTone(Wrapped):
    def finish(self, output, last, shape, dtype):
        return super().finish(output, None, shape, dtype)


@planted("output-is-normalised")
class LeavesTheArrayThatItIsGiven(Wrapped):
    def finish(self, output, last, shape, dtype):
        kernel = super().finish(output, last, shape, dtype)
        return lambda image, out=None: kernel(image) if out is None else out


@planted("mixes-as-the-reference")
class RoundsInFloat32(Wrapped):
    def weighted_sum(self, image, partner, weight, out=None):
        if image.dtype != np.uint8:
            return super().weighted_sum(image, partner, weight, out)
        share = np.float32(weight)
        return np.rint((1 - share) * image + share * partner).astype(np.uint8)


@planted("mixes-as-the-reference")
class MixesInPlace(Wrapped):
    def weighted_sum(self, image, partner, weight, out=None):
        image[...] = super().weighted_sum(image, partner, weight)
        return image


@augplug.hookimpl
def augplug_backends():
    return BACKENDS
