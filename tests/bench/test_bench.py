"""A short bench of Roost alone: every answer is checked. How fast it was is for `make bench`."""
import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_every_answer_of_a_short_bench_is_right(tmp_path):
    done = subprocess.run([ROOT / "tests" / "bench" / "bench.py", "--quick", "--alone", "--out", tmp_path], text=True, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "bench.json").read_text())
    planned = re.findall(r"^measure (\S+)", (ROOT / "tests" / "bench" / "peers.conf").read_text(), re.M)
    assert [r["measure"] for r in report["runs"]] == [m["name"] for m in report["measures"]] == planned
    assert all(r["good"] and r["checks"]["answers"] > 0 for r in report["runs"])
    assert "| roost |" in (tmp_path / "bench.md").read_text()
    assert "<svg" in (tmp_path / "bench.html").read_text()
