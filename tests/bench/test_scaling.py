"""The curves' bookkeeping, and the two groups that need no player, as short as they can be."""
import json
import pathlib
import subprocess
import sys

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH))

from scaling import Curves  # noqa: E402


def test_what_grows_faster_than_a_logarithm_is_named():
    curves = Curves()
    for n in (1000, 1000000):
        for line, value in (("flat", 100), ("log", 100 if n == 1000 else 200), ("linear", n / 10)):
            curves.add("Title", "x", "y", "us", line, (n, value), bound=True)
        curves.add("Unbound", "x", "y", "bytes", "memory", (n, n))
    report = curves.report()
    assert [(n["line"], n["good"]) for n in report["notes"]] == [("flat", True), ("log", True), ("linear", False)]
    assert [c["title"] for c in report["curves"]] == ["Title", "Unbound"]
    assert report["curves"][0]["lines"][2] == {"name": "linear", "points": [[1000, 100.0], [1000000, 100000.0]]}


def test_a_short_run_gives_curves_and_a_page(tmp_path):
    done = subprocess.run([BENCH / "scaling.py", "--quick", "--only", "messages,mailboxes", "--out", tmp_path], text=True, capture_output=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    titles = {c["title"] for c in json.loads((tmp_path / "scaling.json").read_text())["curves"]}
    assert {"SELECT, cold", "One message among many", "Listing mailboxes", "One mailbox among many"} <= titles
    assert "<svg" in (tmp_path / "scaling.html").read_text()
