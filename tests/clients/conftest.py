"""conftest.py: real programs and the real service they talk to."""
import itertools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "talk"))

from service import Service  # noqa: E402

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def service():
    """One service for all programs, with two IMAP processes."""
    made = Service(init=("--frontends", "2", "--host", "localhost")).up()
    yield made
    made.stop()
    trouble = made.trouble()
    made.remove()
    assert trouble == []


@pytest.fixture
def user(service):
    someone = service.user_add(f"user{next(_numbers)}")
    yield someone
    someone.close()


@pytest.fixture
def certificate(service):
    """The service's own, to be trusted."""
    return service.folder / "tls" / "cert.pem"
