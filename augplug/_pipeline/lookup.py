"""What an Augmenter takes by name: policies, backends, modes. The one door to the registry, which stands above."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from augplug._backends import default_backend
from augplug._backends.base import Backend
from augplug._policies.grammar import Policy
from augplug.errors import SettingsError, suggest
from augplug.types import FUSE_MODES, MASK_INTERPOLATIONS, FuseMode, MaskInterpolation


def policy_of(given: Any) -> Policy:
    """Return the policy of a node, a name or the path of a file; a Policy needs no registry."""
    if isinstance(given, Policy):
        return given
    from augplug import naming  # the registry stands above

    return naming.as_policy(given)


def backend_of(given: Backend | str | None) -> Backend:
    """Return a backend, the one of a name, or the default."""
    if isinstance(given, Backend):
        return given
    if given is None:
        return default_backend()
    from augplug import naming  # as above

    return naming.backend(given)


def unknown_setting(policy: Any, unknown: Mapping[str, object], known: Iterable[str]) -> SettingsError:
    """Return the error for arguments that an Augmenter does not have."""
    from augplug import naming  # as above

    return naming.unknown_setting(policy, unknown, known)


def restore_policy(document: Any) -> Policy:
    """Return the policy that was pickled as its JSON."""
    from augplug import naming  # as above

    return naming.load_policy(document)


def checked_fuse(given: FuseMode) -> FuseMode:
    """Return a fuse mode. Raises SettingsError for any other name."""
    if given not in FUSE_MODES:
        raise SettingsError(f"unknown fuse mode {given!r}{suggest(str(given), FUSE_MODES)}")
    return given


def checked_mask_interpolation(given: MaskInterpolation | None) -> MaskInterpolation | None:
    """Return the interpolation of masks, if there is one. Raises SettingsError for any other name."""
    if given not in (None, *MASK_INTERPOLATIONS):
        hint = suggest(str(given), MASK_INTERPOLATIONS)
        raise SettingsError(f"mask_interpolation is nearest, linear or cubic, not {given!r}{hint}")
    return given
