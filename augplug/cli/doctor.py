"""`augplug doctor`: what is here, and what is wrong with it."""

from __future__ import annotations

import platform
import sys
import warnings
from importlib.metadata import PackageNotFoundError, version

import click

import augplug
from augplug import api, kernel
from augplug._backends import OPENCV, default_backend
from augplug.cli.output import echo
from augplug.disk import kind_or
from augplug.errors import AugplugError, GateError
from augplug.gate import cache
from augplug.gate.confinement import note
from augplug.gate.ledger import read
from augplug.gate.modes import told
from augplug.shown import shown

LIBRARIES = ("numpy", "scipy", "Pillow", "pluggy", "click", "rich", "threadpoolctl", "packaging")


@click.command()
@click.option(
    "--prepare", is_flag=True, help="First make the folder that the gate's tools run in, so that no check has to."
)
@click.option("--clean", is_flag=True, help="First remove the copies of the gate's tools and its earlier verdicts.")
@click.option("--pixels", is_flag=True, help="Also compare draws and pixels with the table of augplug: half a minute.")
@click.pass_context
def command(ctx: click.Context, prepare: bool, clean: bool, pixels: bool) -> None:
    """Show versions, backends, OpenCV's distributions, plugins and folders. Exit status 1 when something is wrong."""
    if clean:
        echo(f"removed {_megabytes(cache.clean())} from {cache.closures().parent}")
    if prepare:
        from augplug.gate import tools  # only here

        echo(f"the gate's tools are in {tools.prepare().folder}")
    wrong: list[str] = []
    echo(f"augplug {augplug.__version__}, Python {platform.python_version()} ({sys.executable}), {platform.platform()}")
    echo("libraries: " + ", ".join(f"{name} {_version(name) or 'missing'}" for name in LIBRARIES))
    wrong += [f"{name} is missing: pip install {name}" for name in LIBRARIES if not _version(name)]
    lacking = kernel.missing()
    echo(f"confinement: {note(lacking) or f'search workers, by Landlock {kernel.landlock_version()} and seccomp'}")
    wrong += _opencv()
    try:
        wrong += _backends()
        wrong += _plugins()
        wrong += _pixels() if pixels else []
        echo(f"the gate's cache: {cache.closures().parent} ({_megabytes(cache.size())}; doctor --clean removes it)")
        echo(f"your policies: {api.user_policy_folder()} ({len(api.user_policy_files())} files)")
    except AugplugError as error:
        wrong.append(str(error))
    for line in wrong:
        echo(f"WRONG: {shown(line)}")
    echo("everything is in order" if not wrong else f"{len(wrong)} things are wrong")
    ctx.exit(1 if wrong else 0)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _opencv() -> list[str]:
    found = [name for name in OPENCV if _version(name)]
    echo("OpenCV: " + (", ".join(f"{name} {_version(name)}" for name in found) or "not installed"))
    echo("stringzilla: " + (_version("stringzilla") or "not installed, tables take OpenCV 2 to 12 times as long"))
    if len(found) < 2:
        return []
    names, both = " and ".join(found), " ".join(found)
    return [f"{names} overwrite each other's files: pip uninstall -y {both}, then install one of them"]


def _backends() -> list[str]:
    wrong = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # which backend is the default is said right here
        default = default_backend().name
    for name, make in api.backends().items():
        try:
            said = make().version()
        except Exception as error:  # noqa: BLE001  # a broken library may raise anything when it is imported
            said = f"cannot be used ({type(error).__name__}: {error})"
            if any(_version(flavour) for flavour in OPENCV) or name != "opencv":
                wrong.append(f"backend {name} {said}; install its library again")
        echo(f"backend {name}: {said}{', the default' if name == default else ''}")
    return wrong


def _pixels() -> list[str]:
    """Compare this machine with the table of digests, and other backends with the reference."""
    from augplug.testing import table  # only here

    differing, wrong = table.differing(), list[str]()
    apart = [row for row in differing if not table.is_rounding(row)]
    rounded = len(differing) - len(apart)
    echo(
        f"pixels: {len(table.stored())} digests of draws and of the reference's pixels, "
        f"{len(apart)} differ from the table"
        + f"; {rounded} of float64 differ in the last bits, as they may on this kind of processor"
        * bool(rounded)
    )
    if apart:
        shortened = ", ".join(apart[:5]) + (", ..." if len(apart) > 5 else "")
        wrong.append(f"this machine draws or renders otherwise than others ({shortened}): please report these lines")
    for name, make in api.backends().items():
        try:
            make()
        except Exception:  # noqa: BLE001  # nosec B112  # what cannot be used was said above
            continue
        if name != "reference":
            problem = table.beyond_bounds(name)
            echo(f"pixels: backend {name} {'leaves' if problem else 'keeps'} its bounds around the reference")
            wrong += [f"the backend {name} leaves its bounds: {problem}"] * bool(problem)
    return wrong


def _plugins() -> list[str]:
    rules = api.registry().rules
    kept = f"the ledger {rules.ledger} approves {len(read(rules.ledger))} distributions"
    echo(f"gate: mode {rules.mode}, {kept}, {len(rules.blocked)} are blocked")
    for line in told(rules):
        echo(f"gate: {line}")
    missing = f"the ledger {rules.ledger} that {rules.named} names is not there: correct its path, or approve a plugin"
    rows = api.plugins()
    for row in rows:
        why = f", {row.reason}" if row.reason else ""
        echo(shown(f"plugin {row.name}: {row.state}, {row.distribution} {row.version}{why}"))
    return [missing] * (bool(rules.named) and kind_or(GateError, rules.ledger) == "nothing") + [
        f"the plugin {row.name} is {row.state}: pip uninstall {row.distribution}, or mend it"
        for row in rows
        if row.state not in ("loaded", "blocked")
    ]
