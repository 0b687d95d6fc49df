"""A short bench of Roost alone: every answer is checked. How fast it was is for `make bench`."""
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_every_answer_of_a_short_bench_is_right():
    done = subprocess.run([ROOT / "tests" / "bench" / "run.py", "--quick", "--alone"], text=True, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((ROOT / "build" / "bench" / "bench.json").read_text())["results"]
    assert len(results) >= 15
    for name, servers in results.items():
        for report in servers["roost"]:
            assert "fault" not in report, (name, report)
