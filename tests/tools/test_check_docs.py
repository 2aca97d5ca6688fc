"""Pages whose links and examples are broken are found."""

from collections.abc import Callable

import pytest

Run = Callable[..., tuple[int, str]]

SOUND = """# One page

See [the other](docs/b.md), [its end](docs/b.md#the-end), [here](#one-page) and [afar](https://example.org/x#y).
`[not](a-link)`

```python
x = 1
```

```python
>>> 1 +
```

```text
[not](a-link either)
```
"""


def test_sound_pages_pass(run: Run) -> None:
    assert run("check_docs.py", {"a.md": SOUND, "docs/b.md": "# B\n\n## The end\n"})[0] == 0


@pytest.mark.parametrize("page", ["README.md", "docs/deep/a.md", "augplug/data/a.md"])
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[x](gone.md)", "leads nowhere"),
        ("[x](#gone)", "no heading #gone"),
        ("```python\nx = = 1\n```\n", "does not compile"),
    ],
)
def test_planted_faults_are_refused(run: Run, page: str, text: str, complaint: str) -> None:
    status, output = run("check_docs.py", {page: text})
    assert status == 1
    assert complaint in output
