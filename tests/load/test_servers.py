"""Every scenario against every server that is there: a moment, every answer right, every mailbox as it was acknowledged."""
import subprocess

import pytest

import servers
from servers import BIN, load

LISTED = subprocess.run([BIN / "roost-load", "scenarios"], capture_output=True, text=True, check=True).stdout
SCENARIOS = [line.split()[0] for line in LISTED.splitlines() if line.strip() and not line.split(None, 1)[1].startswith("who ")]

# What a rival cannot do as it is set up here; the generator is right to find fault.
CANNOT = {
    ("dovecot", "login-resumed"): "each of its login processes has ticket keys of its own",
    ("cyrus", "login-resumed"): "resumption is switched off",
    ("cyrus", "search-charsets"): "finds words in texts of ASCII and UTF-8 only, as this one was built",
}


# What some want to be told; an option of no use to a scenario is refused.
MORE = {
    "fill": ["--letters", 30], "import": ["--letters", 30, "--folders", 4],
    **dict.fromkeys(("copy", "move", "expunge"), ["--batch", 5]),
    **dict.fromkeys(("status", "list-status"), ["--folders", 4]), **dict.fromkeys(("phone", "postman"), ["--day", 2.5]),
    **dict.fromkeys(("desktop", "webmail"), ["--day", 2.5, "--one-in", 10]),
    **dict.fromkeys((s for s in SCENARIOS if s.startswith("search-")), ["--one-in", 10]),
}


def test_scenarios_are_listed():
    assert {"login", "append", "deliver", "body", "phone", "desktop", "webmail", "postman"} <= set(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(server, scenario):
    if (server.name, scenario) in CANNOT:
        pytest.skip(CANNOT[server.name, scenario])
    status, report, said = load("run", scenario, *server.options(), "--users", servers.USERS, "--connections", servers.USERS,
                                "--seconds", 0.3, *MORE.get(scenario, []), "--verify")
    assert status == 0, (said, report and report.get("checks"), report and report.get("verify"))
    assert report["checks"]["answers"] > 0


def test_what_one_session_adds_another_may_not_have_heard_of(server, tmp_path):
    """Who changes letters takes those that were there when it selected the mailbox, not those that somebody has just added."""
    mix = tmp_path / "some.mix"
    mix.write_text("1 append users=1\n1 store users=1\n")
    status, report, said = load("run", "--mix", mix, *server.options(), "--connections", 8, "--seconds", 0.6)
    assert status == 0, (said, report and report.get("checks"))
