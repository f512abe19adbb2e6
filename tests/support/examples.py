"""How many examples a property test tries: few in `make test`, as many as wanted by hand.

EVSITE_EXAMPLES=100 .venv/bin/pytest tests/actors/v2g/secc     # a hundred times as many, and other ones
"""

import os

from hypothesis import settings

TIMES = int(os.environ.get("EVSITE_EXAMPLES", "1"))


def few(count: int) -> settings:
    """So many examples, the same in each run; with EVSITE_EXAMPLES many times as many, drawn anew."""
    return settings(derandomize=TIMES == 1, deadline=None, max_examples=count * TIMES)
