"""The course of a run: learning, a command in between, rounds, the end."""
from servers import load


def test_between_learning_and_playing_a_command_runs_with_nobody_connected(null, tmp_path):
    server = null("--letters", 20)
    port = server.imap.rsplit(":", 1)[1]
    line = f"ss -Htn state established dport = :{port} | wc -l > {tmp_path}/connected; echo 1"
    status, report, said = load("run", "body", *server.options(), "--connections", 4, "--rounds", 3, "--between", line)
    assert status == 0, said
    assert report["operations"]["round"]["n"] == 12 and report["opening"]["connections"] == 4
    assert (tmp_path / "connected").read_text().strip() == "0"
    assert report["server"]["pss_bytes_before"] > 0    # of process 1: what the command printed


def test_a_command_that_fails_ends_the_run(null):
    status, _, said = load("run", "body", *null("--letters", 20).options(), "--rounds", 1, "--between", "false")
    assert status != 0 and "this failed: false" in said


def test_those_who_idle_have_no_rounds(null):
    status, report, said = load("run", "idle", *null("--letters", 1).options(), "--connections", 4, "--rounds", 1, timeout=20)
    assert status == 0 and report["opening"]["connections"] == 4, said
