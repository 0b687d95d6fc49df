"""A run from its command line to all it can leave behind: report, page, rows, and what it shows meanwhile."""
import csv
import html.parser
import json

from servers import load


def test_a_run_writes_and_shows_all_it_is_asked_for(null, tmp_path):
    page, rows = tmp_path / "run.html", tmp_path / "run.csv"
    status, report, said = load("run", "body", *null("--letters", 20).options(), "--users", 2, "--connections", 2, "--seconds", 1.2,
                                "--html", page, "--csv", rows)
    assert status == 0 and report["good"], said
    parser = html.parser.HTMLParser()
    parser.feed(page.read_text())
    parser.close()
    assert "body" in page.read_text() and "</html>" in page.read_text()
    assert any("body" in row for row in csv.reader(rows.open()))
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps(report))
    status, _, said = load("report", kept)
    assert status == 0 and "body" in said


def test_it_shows_how_it_goes(null):
    status, report, said = load("run", "noop", *null().options(), "--seconds", 1.2, quiet=("--live",))
    assert status == 0 and report["good"]
    assert "of 1.2 s: round " in said and "0 wrong" in said


def test_letters_of_a_folder_with_dots_at_the_beginning_of_lines(server, tmp_path):
    """They are doubled on their way (RFC 5321 4.5.2), and must come back as they were."""
    lines = ["From: a@load.example", "Date: Mon, 4 Mar 2024 10:00:00 +0000", "Message-ID: <dots@load.example>", "Subject: dots", "", ".", "..", ".a", "a.", "", "...", "a", ".", "end."]
    (tmp_path / "dots.eml").write_bytes("\r\n".join(lines + [""]).encode())
    status, report, said = load("run", "deliver", *server.options(), "--eml", tmp_path, "--seed", 3, "--users", 2,
                                "--connections", 2, "--rounds", 3, "--verify")
    assert status == 0 and report["verify"]["messages"] >= 6, (said, report and report["verify"])
