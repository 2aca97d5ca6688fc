"""The Dockerfile of an image that SageMaker starts with `train` or `serve`."""

from __future__ import annotations

from importlib.metadata import version


def dockerfile() -> str:
    """Return the text, with the versions that are installed here."""
    core, here = version("augplug"), version("augplug-sagemaker")
    return f"""\
# An image for training jobs and endpoints of Amazon SageMaker: it is started with the argument train or serve.
FROM python:3.11-slim

RUN pip install --no-cache-dir "augplug[opencv]=={core}" "augplug-sagemaker[serve]=={here}"

# Output is not kept back, so that CloudWatch shows lines as they come.
ENV PYTHONUNBUFFERED=1
EXPOSE 8080

# The exec form: signals reach augplug, which then leaves a run that the next job goes on with.
ENTRYPOINT ["augplug", "sagemaker"]
"""
