"""The way of an image: draw, describe, fuse, render, follow (docs/design/pipeline.md)."""
