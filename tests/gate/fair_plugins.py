"""Plugins that do nothing wrong and look as if they did: words and names are no reason to refuse them."""

from __future__ import annotations

HOOK = '''

@augplug.hookimpl
def augplug_operations() -> list[type[augplug.Operation]]:
    """What this plugin provides."""
    return [{name}]
'''
USUAL = """from __future__ import annotations

import augplug
from augplug import Canvas, Effect, Values
"""


def plugin(
    name: str, doc: str, imports: str = "", field: str = "", body: str = "", functions: str = ""
) -> dict[str, str]:
    """A plugin of one operation."""
    step = 'step: int = augplug.parameter(low=1, high=64, unit="8-bit values", level=(1, 40))'
    return {
        "my_ops.py": f'''"""{doc}"""

{USUAL}{imports}

def change(values: Values, step: int) -> Values:
    """Multiples of `step`, in 8-bit units."""
    return values - values % step

{functions}
@augplug.operation(source="a test")
class {name}(augplug.Operation):
    """{doc}"""

    {field or step}

    def describe(self, canvas: Canvas) -> list[Effect]:
        """One tone."""
        {body or "return [augplug.Tone(change, self.step)]"}
{HOOK.format(name=name)}'''
    }


FAIR_PLUGINS: dict[str, dict[str, str]] = {
    "words in docstrings, comments and strings": plugin(
        "Plain",
        "Uses no exec, no eval, no os.system and no pickle.load; `__class__` stays where it is.",
        imports='\nMESSAGE = "import os; exec(open(path).read()); __import__"  # eval(1), np.random.seed\n',
    ),
    "an operation called Compile": plugin("Compile", "Compiles a palette."),
    "methods and functions called execute, evaluate and open_": plugin(
        "Executor",
        "Executes a plan.",
        functions='''
def evaluate(expression: str) -> int:
    """Count."""
    return len(expression)


def open_(name: str) -> str:
    """Return a name."""
    return name.strip()


class Runner:
    """Runs."""

    def __init__(self, system: str) -> None:
        """Take a system of units."""
        self._units = system
        self.loaded = False

    def execute(self) -> int:
        """Evaluate."""
        self.loaded = True
        return evaluate(open_(self._units))

    def eval(self) -> int:
        """Execute."""
        return self.execute()

''',
    ),
    "names like random": plugin(
        "RandomErase",
        "Erases at random, by a key.",
        field='key: int = augplug.parameter(low=0, high=2**53 - 1, unit="key", draw=augplug.Key())',
        body="return [augplug.Noise(key=self.key, std=random_deviation(self.key))]",
        functions='''
def random_deviation(seed: int) -> float:
    """A deviation."""
    random = seed % 7
    return float(random)

''',
    ),
    "a generator that is given": plugin(
        "Shuffle",
        "Shuffles pixels.",
        imports="\nimport numpy as np\n",
        functions='''
def shuffled(values: Values, seed: int) -> Values:
    """Shuffle by a seed."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed)))
    return rng.permuted(values, axis=0)


def drawn(rng: np.random.Generator) -> float:
    """Draw."""
    return float(rng.random())

''',
    ),
    "a copy that is changed in place": plugin(
        "Blank",
        "Blanks the middle.",
        imports="\nimport numpy as np\n",
        functions='''
def blanked(image: augplug.Image) -> augplug.Image:
    """Blank the middle; the image stays as it is."""
    out = image.copy()
    out[2:-2, 2:-2] = 0
    out += 1
    np.clip(out, 0, 255, out=out)
    order = np.sort(image, axis=None)
    total = 0
    for row in image:
        total += int(row.sum())
    image = np.array(image)
    image.fill(total)
    return out + order[0] + image

''',
    ),
    "dataclasses, enumerations and types": plugin(
        "Typed",
        "Has types.",
        imports="""
import dataclasses
import enum
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
Mode = Literal["exec", "eval", "single"]
""",
        functions='''
class Colour(enum.Enum):
    """Colours."""

    RED = enum.auto()


class Point(NamedTuple):
    """A point."""

    x: int
    y: int = 0


@dataclasses.dataclass(frozen=True)
class Settings(Generic[T]):
    """Settings."""

    sizes: Mapping[str, T]
    dir: str = "."
    KNOWN: ClassVar[tuple[str, ...]] = ("open", "vars")

    def __post_init__(self) -> None:
        """Check."""
        if not self.sizes:
            raise augplug.SettingsError(f"{type(self).__name__}: no sizes, {self.dir!r}")


class Takes(Protocol):
    """Takes."""

    def __call__(self, path: Sequence[int]) -> Takes:
        """Take."""


def twice(function: Callable[[T], T]) -> Callable[[T], T]:
    """Call twice."""

    def inner(value: T) -> T:
        return function(function(value))

    return inner


@cache
def moved(point: Point) -> Point:
    """Move."""
    return point._replace(x=point.x + 1)


def known(kind: type[Any], mode: Mode) -> partial[bool]:
    """Ask."""
    return partial(isinstance, mode, kind)

''',
    ),
    "closures, lambdas, comprehensions and match": plugin(
        "Closed",
        "Closes over things.",
        functions='''
def counter() -> list[int]:
    """Count."""
    count = 0

    def add(by: int = 1) -> int:
        nonlocal count
        count += by
        return count

    doubled = [add() * 2 for _ in range(3) if (last := count) >= 0]
    table = {str(value): value for value in doubled}
    table["last"] = last
    del table["last"]
    return sorted(table.values(), key=lambda value: -value)


def shown(value: object) -> str:
    """Show."""
    match value:
        case {"op": str() as op, **rest} if rest:
            return f"{op!r:>{len(rest)}}"
        case [first, *others]:
            return f"{first} and {len(others):03}"
        case complex(real=real):
            return f"{real:.2f}"
        case _:
            return ""

''',
    ),
    "JSON, regular expressions and hashes": plugin(
        "Described",
        "Reads a text.",
        imports="\nimport hashlib\nimport json\nimport re\nfrom collections import Counter, defaultdict\n",
        functions='''
PATTERN = re.compile(r"__(\\\\w+)__")
TABLE = json.loads('{"exec": 1}')


def parsed(text: str) -> dict[str, int]:
    """Count the words."""
    words: dict[str, int] = defaultdict(int)
    for word, number in Counter(PATTERN.findall(json.dumps(text))).items():
        words[word] += number + TABLE.get("exec", 0)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {**words, digest: 1}

''',
    ),
    "libraries of images": plugin(
        "Filtered",
        "Filters.",
        imports="""
import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage import color, exposure
from skimage.transform import resize
""",
        functions='''
def filtered(image: npt.NDArray[np.float64], sigma: float) -> npt.NDArray[np.float64]:
    """Filter."""
    import cv2  # takes a while

    smooth = ndimage.gaussian_filter(image, sigma)
    grey = exposure.equalize_hist(color.rgb2gray(np.fft.ifft2(np.fft.fft2(smooth)).real))
    small = cv2.resize(grey, (8, 8), interpolation=cv2.INTER_AREA)
    values = np.linalg.norm(resize(small, image.shape[:2]), axis=0)
    return np.asarray(values, dtype=np.float64)

''',
    ),
    "a package of its own modules": {
        "my_ops/__init__.py": f'''"""Two modules."""

from __future__ import annotations

import augplug
from my_ops import system
from my_ops.system import Exec, popen

__all__ = ["Exec", "popen"]
__version__ = "1.0"
UNITS = system.UNITS
{HOOK.format(name="Exec")}''',
        "my_ops/system.py": plugin("Exec", "Called Exec.")["my_ops.py"].partition("\n\n@augplug.hookimpl")[0]
        + '''

UNITS = ("pixels", "degrees")


def popen(order: int) -> int:
    """Pop, then open."""
    return order
''',
    },
    "suppressions that say which and why": plugin(
        "Excused",
        "Excused.",
        functions='''
def checked(value: int) -> int:  # pylint: disable=invalid-name  # the name is the paper's
    """Check."""
    assert value  # noqa: S101  # nosec B101  # it narrows a type
    return value  # type: ignore[no-any-return]  # numpy's own types say Any

''',
    ),
}
