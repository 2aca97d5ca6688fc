"""The steps of the pipelines.

Kubeflow writes the source of each function into the pipeline and runs it alone, so each imports what it needs, and the
annotations are objects: no `from __future__ import annotations` here.
"""

from kfp import dsl


def search(data: dsl.Input[dsl.Dataset], algorithm: str, options: str, run: dsl.Output[dsl.Artifact]) -> None:
    """Run `augplug search ALGORITHM DATA --out RUN` with further options, between which are blanks."""
    import subprocess
    import sys
    from pathlib import Path

    program = Path(sys.executable).with_name("augplug")
    subprocess.run([program, "search", algorithm, data.path, "--out", run.path, *options.split()], check=True)


def report(
    data: dsl.Input[dsl.Dataset],
    run: dsl.Input[dsl.Artifact],
    page: dsl.Output[dsl.HTML],
    scores: dsl.Output[dsl.Metrics],
) -> None:
    """Write the report of a run with images of the data, and log its scores."""
    import json
    import shutil
    import subprocess
    import sys
    import tempfile
    from pathlib import Path

    program = Path(sys.executable).with_name("augplug")
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "report.html"
        subprocess.run([program, "report", run.path, "--data", data.path, "--out", written], check=True)
        shutil.copyfile(written, page.path)
    result = json.loads((Path(run.path) / "result.json").read_text("utf-8"))
    for name in ("test_score", "baseline_test_score"):
        if result[name] is not None:
            scores.log_metric(name, result[name])


def approve(run: dsl.Input[dsl.Artifact], at_least: float, policy: dsl.Output[dsl.Artifact]) -> None:
    """Pass the policy on if it gains at least `at_least` over no augmentation on the test images; fail otherwise."""
    import json
    import shutil
    from pathlib import Path

    import augplug

    result = json.loads((Path(run.path) / "result.json").read_text("utf-8"))
    gain = result["gains_mean"]
    if gain is None:
        raise augplug.RunError("not approved: nothing was compared with no augmentation on the test images")
    if gain < at_least:
        raise augplug.RunError(
            f"not approved: the policy gains {gain:+.4f} over no augmentation, and {at_least:+.4f} is asked"
        )
    shutil.copyfile(Path(run.path) / "policy.json", policy.path)
    policy.metadata["gain"] = gain


def augment(
    data: dsl.Input[dsl.Dataset], policy: str, copies: int, seed: int, augmented: dsl.Output[dsl.Dataset]
) -> None:
    """Run `augplug apply POLICY DATA AUGMENTED`; `policy` is a name, or what a policy file holds."""
    import subprocess
    import sys
    import tempfile
    from pathlib import Path

    program = Path(sys.executable).with_name("augplug")
    with tempfile.TemporaryDirectory() as folder:
        if policy.lstrip().startswith("{"):
            file = Path(folder) / "policy.json"
            file.write_text(policy, "utf-8")
            policy = str(file)
        apply = [program, "apply", policy, data.path, augmented.path, "--copies", str(copies), "--seed", str(seed)]
        subprocess.run(apply, check=True)
