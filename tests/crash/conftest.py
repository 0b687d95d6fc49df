"""conftest.py: services that are made to be hurt. Those of tests/talk, without their peace."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "talk"))

from service import TROUBLE, Service  # noqa: E402  (found by the line above)


@pytest.fixture
def victim():
    """Makes services: victim(conf="key = value", init=("--shards", "2")). Whatever is done to them, none may break a promise of its own."""
    made = []

    def make(conf="", init=()):
        made.append(Service(conf, init).up())
        return made[-1]
    yield make
    try:
        for service in made:
            service.stop()
            trouble = [line for line in service.log().splitlines() if TROUBLE.search(line)]
            assert not trouble, "in the logs:\n" + "\n".join(trouble)
    finally:
        for service in made:
            service.remove()
