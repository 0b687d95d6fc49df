"""A generator that believes everything measures nothing: each lie makes the run fail and is told."""
import pytest

from servers import load

HONEST = ("login", "noop", "body", "partial", "flags", "store", "append", "deliver")


def run(server, scenario):
    return load("run", scenario, *server.options(), "--users", 4, "--connections", 4, "--workers", 1, "--seconds", 0.3, "--verify")


@pytest.mark.parametrize("scenario", HONEST)
def test_an_honest_server_passes(null, scenario):
    status, report, said = run(null("--letters", 20), scenario)
    assert status == 0 and report["good"], said
    assert report["checks"]["wrong"] == 0 and report["checks"]["answers"] > 20
    verify = report["verify"]
    assert verify["missing"] == verify["doubled"] == verify["changed"] == 0, verify
    if scenario in ("append", "deliver"):
        assert verify["messages"] > report["operations"]["round"]["n"]


@pytest.mark.parametrize("lie, scenario, told", [
    ("uid", "body", "UID"),
    ("uid", "flags", "UID"),
    ("body", "body", "body"),
    ("count", "flags", ""),
])
def test_a_lie_is_noticed_while_it_is_told(null, lie, scenario, told):
    status, report, said = run(null("--letters", 20, "--lie", lie), scenario)
    assert status == 1 and not report["good"], said
    assert report["checks"]["wrong"] > 0 and told in report["checks"]["first"], report["checks"]


@pytest.mark.parametrize("scenario", ["deliver", "append"])
def test_what_was_acknowledged_and_dropped_is_found_afterwards(null, scenario):
    """A UID that is given twice is another letter afterwards; a delivery without one is missing."""
    status, report, said = run(null("--lie", "drop"), scenario)
    assert status == 1 and not report["good"], said
    assert report["verify"]["missing" if scenario == "deliver" else "changed"] > 0 and report["verify"]["first"], report["verify"]


def test_octets_that_changed_are_found_afterwards(null):
    status, report, said = run(null("--letters", 5, "--lie", "body"), "append")
    assert status == 1 and report["verify"]["changed"] > 0, (said, report)
