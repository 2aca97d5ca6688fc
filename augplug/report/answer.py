"""What a reader of a report does now: the code, the file, what to combine them with, how sure it is, and the words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from augplug._pipeline.augmenter import Augmenter
from augplug._policies.grammar import Policy
from augplug._search.choosing import LOOKS
from augplug.report.code import training_code
from augplug.report.markup import Safe, joined, tag
from augplug.report.parts import points
from augplug.report.run import FORMER, Run
from augplug.report.standing import called, found_name, score_name, standings

_FORMER_REWARD = "What the search chooses by: the part of the validation images that are classified correctly."
_REWARD = (
    "What the search chooses by, in 0..1, on validation images: of kernel-ridge a smoothed accuracy, which also counts "
    "by how much the right class is ahead. That of a trial is its difference to hand-made in the same cells, added to "
    "hand-made's own. The best of many flatters: some of it is luck."
)


def answer_section(run: Run, policy: Policy | None) -> Safe:
    """Return what to do. Without the `policy` the code reads it from its file."""
    return joined(
        tag("h2", "What to do"),
        tag("p", _do(run.result)),
        *(_code(run, policy) if policy is not None else [tag("pre", _file_code())]),
        tag("p", "On image files, and to look at it:"),
        tag("pre", "augplug apply policy.json IMAGES AUGMENTED --copies 5\naugplug preview policy.json IMAGE"),
        tag("h3", "What to combine it with"),
        tag("ul", *(tag("li", *line) for line in _combine(run, policy))),
        tag("h3", "How sure it is"),
        tag("ul", *(tag("li", line) for line in _sure(run))),
        *_words(run),
    )


def _do(result: Any) -> str:
    kept = result.get("kept_baseline")
    if kept == "none":
        return (
            "Train without augmentation. policy.json beside this page is the policy that changes nothing, so that code "
            "which reads it stays as it is."
        )
    named = "The policy" if kept is None else f"Keep {called(kept)}: nothing that was found is better. It"
    doubt = (
        "" if kept or result["beats_baseline"] else "It is not shown to help: compare it with no augmentation first. "
    )
    return (
        f"{doubt}{named} is in policy.json beside this page. This code for PyTorch has it, and runs as it stands: put "
        "your images and your training step into it."
    )


def _code(run: Run, policy: Policy) -> Iterator[Safe]:
    data = run.result["data"]
    mixes = Augmenter(policy).mixes
    written = training_code(policy, data["shape"], mixes=mixes, classes=len(data["classes"]), path="policy.json")
    yield tag("pre", written)


def _file_code() -> str:
    return (
        "import augplug\n\n"
        'augment = augplug.Augmenter("policy.json", seed=0)\n'
        "image = augment(image, index=i, epoch=e)   # uint8 (H, W) or (H, W, C), in and out"
    )


def _combine(run: Run, policy: Policy | None) -> Iterator[tuple[object, ...]]:
    height, width = run.result["data"]["shape"][:2]
    yield (
        "Normalizing: ",
        tag("code", "augplug.Output"),
        " is the last step, in place of ToTensor and Normalize. Without it images stay uint8, and yours come behind.",
    )
    yield (
        "Cropping to the size of your network, if it has one: first, as ",
        tag("code", 'augplug.compose([augplug.step("RandomResizedCrop", height=224, width=224), policy])'),
        f". The policy was chosen on images of {width}x{height} pixels and leaves their size as it is.",
    )
    yield (
        "Add no other automatic policy, and no second flip: the policy was tried alone, not together with them. ",
        "CutMix and MixUp come after it, on the batch. Validation and test images are not augmented.",
    )
    if policy is not None and policy.scaled(0.5).digest != policy.digest:
        yield (
            "Short training, or fine-tuning, wants a weaker policy, because the child models here learn all they can: ",
            tag("code", "policy.scaled(0.5)"),
            " has half the strength.",
        )
    else:
        yield ("Short training, or fine-tuning, wants less augmentation than what was chosen here.",)


def _sure(run: Run) -> Iterator[str]:
    result = run.result
    if result["test_score"] is None:
        failed = " An evaluation failed." if "found" in result.get("missing", ()) else ""
        yield f"It was not compared on the test images: nothing is known of it but its reward, which flatters.{failed}"
        return
    named = found_name(result)
    named = f"{named[0].upper()}{named[1:]}"
    for one in _main(result):
        if one.difference is None:
            yield f"Against {called(one.name)}: a score of {one.score:.4f}, without an interval of the difference."
            continue
        low, high = one.difference_interval or (one.difference, one.difference)
        span = f"95 % interval {100 * low:+.2f} to {100 * high:+.2f}"
        said = one.reading or "on one training set"
        yield f"{named} against {called(one.name)}: {points(one.difference)} ({span}): {said}."
    if run.signal is not None:
        yield _signal(run.signal, result["settings"])
    yield (
        "It is about small child models on these images. A large network, or one that starts from pretrained weights, "
        "may gain less: train once with the policy and once without."
    )


def _signal(found: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    figures = (
        f"{found['policies']} policies in {found['cells']} cells, F = {found['ratio']:.1f}, p = {found['chance']:.2g}"
    )
    if found["chance"] > settings["significance"] / len(LOOKS):
        return f"Whether policies differ by more than noise on these images was not settled in the time ({figures})."
    return f"Policies matter on these images: they differed by more than noise before the search ({figures})."


def _main(result: Any) -> list[Any]:
    """The comparisons that matter most: no augmentation, `hand-made`, and the best fixed policy by validation."""
    wanted = ("none", "hand-made", result.get("best_baseline"))
    every = {one.name: one for one in standings(result)}
    kept = result.get("kept_baseline")
    return [every[name] for name in dict.fromkeys(wanted) if name in every and name != kept]


def _words(run: Run) -> Iterator[Safe]:
    result = run.result
    data, settings = result["data"], result["settings"]
    former = result.get("augplug_result", 1) <= FORMER
    average = ", averaged over the classes, so that each counts as much" if settings.get("balanced") else ""
    subsets = len(result["gains"]) or settings.get("subsets")
    where = (
        "trained as in the search"
        if former
        else f"the mean over {subsets} sets of {data['train']:,} training images that the search did not train on"
    )
    score = (
        f"The part of the {data['test']:,} test images that a child model, trained under the policy, classifies "
        f"correctly{average}: {where}. Nothing was chosen by these images."
    )
    rows = [
        (score_name(result), score),
        ("reward", _FORMER_REWARD if former else _REWARD),
        (
            "95 % interval",
            "Over augmentation seeds, or other training sets."
            if former
            else "Where the figure would lie with other training sets and other test images. Differences are paired: "
            "both policies on the same training sets, seeds and test images.",
        ),
    ]
    if not former:
        rows.append(("cell", "A training set and an augmentation seed. Policies are compared in the same cells only."))
    yield tag("h3", "What the words mean")
    yield tag("dl", *(part for name, text in rows for part in (tag("dt", name), tag("dd", text))), class_="words")
