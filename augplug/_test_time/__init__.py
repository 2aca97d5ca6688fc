"""Test-time augmentation: views of an image, and predictions on them brought back and merged."""
