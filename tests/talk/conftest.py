"""conftest.py: who takes part in the conversations."""
import itertools
import signal

import pytest

from service import Service

_numbers = itertools.count(1)


def pytest_configure(config):
    signal.signal(signal.SIGTERM, signal.default_int_handler)      # who is asked to stop still ends its services
    config.addinivalue_line("markers", "cap(*names): this test is the test of these capabilities")


@pytest.fixture(scope="session")
def _shared():
    service = Service(init=("--frontends", "2")).up()
    yield service
    service.remove()


def _check(service, before=()):
    trouble = [line for line in service.trouble() if line not in before]
    assert not trouble, "in the logs:\n" + "\n".join(trouble)


@pytest.fixture
def service(_shared):
    """The one service most tests share: two IMAP processes. Tests leave it running and add only users of their own."""
    before = set(_shared.trouble())
    yield _shared
    _check(_shared, before)


@pytest.fixture
def private():
    """Makes services that a test may configure, stop and break: private(conf="key = value", init=("--shards", "2"))."""
    made = []

    def make(conf="", init=()):
        made.append(Service(conf, init).up())
        return made[-1]
    yield make
    try:
        for service in made:
            service.stop()
            _check(service)
    finally:
        for service in made:
            service.remove()


@pytest.fixture
def user(service):
    """A new user of the shared service."""
    someone = service.user_add(f"user{next(_numbers)}")
    yield someone
    someone.close()


@pytest.fixture
def people(service):
    """Makes further users of the shared service: people("bob") has a name like nobody else's."""
    made = []

    def make(name="user", **how):
        made.append(service.user_add(f"{name}{next(_numbers)}", **how))
        return made[-1]
    yield make
    for someone in made:
        someone.close()
