"""The steps of a composite Action: commands are run here as GitHub runs them, other people's actions by a stand-in."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")
COMPARISON = re.compile(r"([\w.-]+) (==|!=) '(.*)'")
Uses = Callable[[Mapping[str, str]], None]


@dataclass
class Runner:
    """Runs an action with `inputs` in `workspace`; `uses` stands in for other people's actions, by `owner/name`."""

    action: Path
    workspace: Path
    temp: Path
    environment: Mapping[str, str]
    uses: Mapping[str, Uses]
    replaced: Mapping[str, Uses] = field(default_factory=dict)
    """Steps that are not run as they are, by the beginning of their names."""

    def run(self, **inputs: str) -> tuple[int, str]:
        """Return the exit status of the first step that failed, or 0, and everything that was printed."""
        document = yaml.safe_load((self.action / "action.yml").read_text("utf-8"))
        values = {f"inputs.{name}": str(declared["default"]) for name, declared in document["inputs"].items()}
        values |= {f"inputs.{name}": given for name, given in inputs.items()}
        values["github.action_path"] = str(self.action)
        printed = ""
        for step in document["runs"]["steps"]:
            if "if" in step and not _holds(step["if"], values):
                continue
            status, said = self._step(step, values)
            printed += said
            if status:
                return status, printed
        return 0, printed

    def _step(self, step: Mapping[str, Any], values: dict[str, str]) -> tuple[int, str]:
        stand_in = next((do for name, do in self.replaced.items() if step.get("name", "").startswith(name)), None)
        if "uses" in step:
            stand_in = self.uses[step["uses"].partition("@")[0]]
        if stand_in is not None:
            stand_in({name: _filled(str(value), values) for name, value in step.get("with", {}).items()})
            return 0, ""
        output = self.temp / "output"
        output.write_text("")
        given = {name: _filled(value, values) for name, value in step.get("env", {}).items()}
        variables = {"RUNNER_TEMP": str(self.temp), "GITHUB_OUTPUT": str(output)}
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", _filled(step["run"], values)],
            cwd=self.workspace,
            env={**self.environment, **variables, **given},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        for line in output.read_text("utf-8").splitlines():
            name, _, value = line.partition("=")
            values[f"steps.{step['id']}.outputs.{name}"] = value
        return ended.returncode, ended.stdout + ended.stderr


def _filled(text: str, values: Mapping[str, str]) -> str:
    return EXPRESSION.sub(lambda found: values[found[1]], text)


def _holds(condition: str, values: Mapping[str, str]) -> bool:
    inner = EXPRESSION.fullmatch(condition)
    compared = COMPARISON.fullmatch(inner[1] if inner else condition)
    assert compared is not None, f"write what {condition!r} means"
    return (values[compared[1]] == compared[3]) == (compared[2] == "==")
