"""Images and labels: read, split and numbered."""
