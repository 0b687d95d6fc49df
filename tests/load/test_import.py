"""Whole accounts are brought in; twice, so that what is there already is added to."""
from servers import load


def test_accounts_are_brought_in(server):
    there = 0
    for letters in (1, 100):
        status, report, said = load("import", *server.options(), "--first-user", 12, "--users", 3, "--connections", 2, "--folders", 2, "--letters", letters, "--seed", 2,
                                    "--verify")
        assert status == 0, (said, report and report.get("verify"))
        new = 3 * 2 * letters
        there += new
        assert report["import"]["messages"] == new and report["import"]["bytes"] == 4096 * new
        assert report["import"]["messages_per_second"] > 0 and report["import"]["megabytes_per_second"] > 0
        assert report["verify"]["messages"] == there and report["verify"]["mailboxes"] == 6
