"""Operations: what happens to an image, described in effects."""
