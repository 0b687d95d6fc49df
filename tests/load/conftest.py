"""conftest.py: servers that are started once and used by many tests."""
import pytest

import servers


@pytest.fixture
def null():
    """Makes null servers: null("--letters", 20, "--lie", "uid")."""
    made = []

    def make(*options, **popen):
        made.append(servers.Null(*options, **popen))
        return made[-1]
    yield make
    for server in made:
        server.remove()


@pytest.fixture(scope="session", params=["roost", "dovecot", "cyrus"])
def server(request):
    """Each server that is there, with users and filled mailboxes."""
    why = servers.missing(request.param)
    if why:
        pytest.skip(why)
    one = servers.start(request.param)
    try:
        status, _, said = servers.load("fill", *one.options(), "--users", servers.USERS, "--letters", 30, "--connections", servers.USERS)
        assert status == 0, said
        yield one
    finally:
        one.remove()
