"""Many connections at once, and machines that do not allow as many."""
import resource

import pytest

from servers import SANITIZED, load


def limited(files):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def test_thousands_wait_and_cost_little(null):
    few = load("run", "idle", *null().options(), "--connections", 100, "--seconds", 0.2, "--workers", 1)[1]
    status, many, said = load("run", "idle", *null().options(), "--connections", 3000, "--seconds", 0.2, "--workers", 1)
    assert status == 0 and many["opening"]["connections"] == 3000, said
    each = (many["client"]["rss_bytes_most"] - few["client"]["rss_bytes_most"]) / 2900
    assert SANITIZED or each < 1024, f"{each:.0f} octets of the generator for each connection that waits"
    assert many["opening"]["per_second"] > 300


def test_more_workers_where_files_are_few(null):
    """A process may open 200 files: ten processes do what two cannot."""
    status, report, said = load("run", "idle", *null().options(), "--connections", 1000, "--seconds", 0.2, preexec_fn=limited(200))
    assert status == 0 and report["plan"]["workers"] >= 8, said


@pytest.mark.parametrize("words", [("idle", "--workers", 2), ("idle", "--users", 3), ("append-one",)])
def test_too_few_files(null, words):
    status, report, said = load("run", *words, *null().options(), "--connections", 1000, preexec_fn=limited(200))
    assert status == 2 and report is None and "ulimit -Hn" in said, said


def test_a_server_that_has_enough(null):
    """It accepts no more: the run ends with the first who had to wait too long, not with the last."""
    server = null(preexec_fn=limited(60))
    status, report, said = load("run", "idle", *server.options(), "--connections", 1000, "--timeout", 2, "--at-once", 10, timeout=20)
    assert status == 3 and "no greeting" in said, said


def test_who_changes_in_push_is_no_scenario(null):
    for name in ("push-deliver", "push-store"):
        status, _, said = load("run", name, *null().options())
        assert status == 2 and "only with" in said, said
