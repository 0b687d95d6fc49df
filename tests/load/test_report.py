"""roost-load report and compare: pages that are well-formed and self-contained, tables that say what the numbers say."""
import copy
import csv
import io
import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import example_reports as example

ROOT = Path(__file__).resolve().parents[2]
LOAD = Path(os.environ.get("ROOST_BIN", ROOT / "build/bin")).resolve() / "roost-load"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def roost_load(*words):
    return subprocess.run([LOAD, *map(str, words)], capture_output=True, text=True, timeout=60)


def kept(folder, name, report):
    path = folder / f"{name}.json"
    path.write_text(json.dumps(report))
    return path


def pages():
    several = example.runs({"roost": (3000, 700, 120), "dovecot": (2000, 1100, 300), "cyrus <3.6> & \"friends\"": (1100, 2500, 650)})
    peers = {"format": "roost-load/1", "title": "Roost and others", "curves": example.curves(), "runs": [
        dict(run, measure=measure) for measure in ("body, 16 connections", "body, 1 connection") for run in several["runs"]]}
    empty = example.report()
    empty["operations"], empty["timeline"] = {}, {"interval_seconds": 0.5}
    bare = {"format": "roost-load/1", "name": "", "plan": {}, "seconds": 0, "operations": {}, "checks": {"answers": 0, "wrong": 0}, "good": False}
    extreme = example.report()
    extreme["operations"]["body"].update(per_second=1e18, p50_us=0, p99_us=1e18, histogram=[[0, 1], [1e-300, 1], [1e18, 1e18]])
    extreme["timeline"]["operations"]["body"] = {"n": [0, 1e18, 0], "p50_us": [0, 1e18], "p99_us": []}
    extreme["timeline"]["server_pss_bytes"] = [1e18, 0, 1e-300]
    return {
        "one": example.report(), "mix": example.report("roost", example.MIX, scenario="phone", intervals=60, seconds=30.0, wrong=3), "runs": several,
        "peers": peers, "empty": empty, "bare": bare, "extreme": extreme, "no-server": {k: v for k, v in example.report().items() if k not in ("server", "verify", "machine")},
        "curves": {"format": "roost-load/1", "title": "Scaling <only>", "runs": [], "curves": example.curves()},
        "stray": {"format": "roost-load/1", "runs": [], "curves": [{"title": "", "x": "", "y": "", "log": True, "lines": [
            {"name": "none", "points": []}, {"name": "zero", "points": [[0, 0]]}, {"name": "one", "points": [[5, 5]]}]}]}}


@pytest.mark.parametrize("name,report", pages().items())
def test_page(tmp_path, name, report):
    page = tmp_path / "page.html"
    out = roost_load("report", kept(tmp_path, name, report), "--html", page)
    assert out.returncode == 0 and out.stderr == "", out.stderr
    text = page.read_text()
    tree = ElementTree.fromstring(text)
    assert not re.search(r"\b(nan|inf|infinity)\b", re.sub(r"<style>.*?</style>", "", text, flags=re.S), re.I)
    assert not re.search(r"(src|href|url|@import|https?:|<script)", text.split("</style>")[0] + re.sub(r">[^<]*<", "><", text))
    assert "\x1b" not in text
    for svg in tree.iter("svg"):
        width, height = map(float, svg.get("viewBox").split()[2:])
        for d in [p.get("d") for p in svg.iter("path")]:
            for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", d):
                assert -0.5 <= float(x) <= width + 0.5 and -0.5 <= float(y) <= height + 0.5, d
    words = roost_load("report", tmp_path / f"{name}.json")
    assert words.returncode == 0 and "\x1b" not in words.stdout and not re.search(r"\b(nan|inf)\b", words.stdout)


def test_page_says_what_matters(tmp_path):
    page = tmp_path / "page.html"
    for name, wanted in {"runs": ["roost", "dovecot", "less is better", "(best)", "cyrus &#60;3.6&#62; &#38; &#34;friends&#34;"],
                         "mix": ["Not good", "3 wrong", "&#60;b&#62;no", "headers", "throughput over time", "Server memory"],
                         "one": ["Good", "16,000 messages", "p99.99", "server CPU per round", "A processor @ 2.50GHz"],
                         "peers": ["At a glance", "body, 1 connection", "Opening a mailbox"]}.items():
        assert roost_load("report", kept(tmp_path, name, pages()[name]), "--html", page).returncode == 0
        for words in wanted:
            assert words in page.read_text(), (name, words)


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: the page is not drawn, only parsed")
def test_page_is_drawn(tmp_path):
    for name in ("mix", "peers"):
        page, picture = tmp_path / "page.html", tmp_path / "page.png"
        assert roost_load("report", kept(tmp_path, name, pages()[name]), "--html", page).returncode == 0
        subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile", f"--screenshot={picture}",
                        "--window-size=1200,2000", page.as_uri()], check=True, capture_output=True, timeout=120)
        assert picture.read_bytes()[:4] == b"\x89PNG" and picture.stat().st_size > 40000   # a blank page has a tenth of that
        dom = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile", "--dump-dom", page.as_uri()],
                             check=True, capture_output=True, text=True, timeout=120).stdout
        assert dom.count("<svg") == page.read_text().count("<svg")


def test_csv_is_the_same_numbers(tmp_path):
    report = pages()["runs"]
    report["runs"][0]["name"] = 'a "quoted", name'
    out = roost_load("report", kept(tmp_path, "runs", report), "--csv", "-")
    rows = list(csv.DictReader(io.StringIO(out.stdout)))
    assert len(rows) == sum(len(run["operations"]) for run in report["runs"])
    for run in report["runs"]:
        found = [r for r in rows if r["name"] == run["name"] and float(r["per_second"]) == run["operations"]["body"]["per_second"]]
        assert len(found) == 1
        for key, value in run["operations"]["body"].items():
            assert key == "histogram" or float(found[0][key]) == value
        assert float(found[0]["server_cpu_us_per_round"]) == run["server"]["cpu_us_per_round"]
        assert found[0]["good"] == "true" and found[0]["scenario"] == "body"


def compared(tmp_path, a, b):
    """(operation, measure) -> (ratio, low, high, verdict)"""
    out = roost_load("compare", kept(tmp_path, "a", a), kept(tmp_path, "b", b))
    assert out.returncode == 0, out.stderr
    rows = {}
    for line in out.stdout.splitlines():
        m = re.match(r"(\S+) +(per second|p[\d.]+|CPU per round|PSS, most) .*? ([\d.]+) +(?:([\d.]+) \.\.\. ([\d.]+) +(.*)|too little data)$", line)
        if m:
            rows[m[1], m[2]] = (float(m[3]), float(m[4] or 0), float(m[5] or 0), m[6])
    return rows, out.stdout


def test_compare_runs(tmp_path):
    rows, text = compared(tmp_path, example.runs({"old": (2000, 1000, 300)}), example.runs({"new": (3000, 500, 300)}))
    for what, truth in {("body", "per second"): 1.5, ("body", "p50"): 0.5, ("body", "p99"): 0.5}.items():
        ratio, low, high, verdict = rows[what]
        assert low <= truth <= high and abs(ratio / truth - 1) < 0.1 and verdict == "new is better", text
    assert rows["server", "CPU per round"][3] == "no difference seen", text
    assert "5 and 5 runs" in text


def test_compare_single_runs(tmp_path):
    rows, text = compared(tmp_path, example.report("old", {"body": (2000, 1000)}, cpu_us=300), example.report("new", {"body": (2200, 800)}, seed=2, cpu_us=200))
    for what, truth in {("body", "per second"): 1.1, ("body", "p50"): 0.8, ("server", "CPU per round"): 2 / 3}.items():
        ratio, low, high, verdict = rows[what]
        assert low <= truth <= high and high / low < 1.2 and verdict == "new is better", text
    assert rows["server", "PSS, most"][1:] == (0, 0, None), text
    assert "several runs" in text


def test_compare_the_same(tmp_path):
    """Where nothing differs, about one row in twenty may say otherwise; the seeds are fixed, so these stay as they are."""
    for seed in range(3):
        rows, text = compared(tmp_path, example.report("old", seed=10 + seed), example.report("new", seed=20 + seed))
        assert sum(v[3] not in ("no difference seen", None) for v in rows.values()) <= 1, text


def test_compare_says_when_it_cannot_say(tmp_path):
    rows, text = compared(tmp_path, example.report(intervals=8, seconds=1), example.report(intervals=8, seconds=1, seed=2))
    assert rows["body", "per second"][3] is None and rows["body", "p99.9"][3] is None and "too little data" in text
    other = example.report(seed=2)
    other["plan"]["connections"] = 64
    assert 'WARNING: the plans differ in "connections"' in compared(tmp_path, example.report(), other)[1]
    assert "NOT GOOD" in compared(tmp_path, example.report(), example.report(wrong=1))[1]


def broken():
    """Every part of a good report replaced by what does not belong there."""
    good = example.report()
    good["operations"]["body"]["histogram"] = good["operations"]["body"]["histogram"][:3]
    for values in [good["timeline"], good["timeline"]["operations"]["body"]]:
        for key in values:
            values[key] = values[key][:3] if isinstance(values[key], list) else values[key]
    good["curves"] = example.curves()[:1]

    def paths(value, at=()):
        yield at
        for key in (value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()):
            yield from paths(value[key], at + (key,))

    for path in paths(good):
        for stray in (None, -1, 1e300, "word", [], {}, True, [[]], [[1, 2], [1, 2]], [None]):
            report = copy.deepcopy(good)
            if not path:
                yield stray
                continue
            at = report
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = stray
            yield report
            yield {"format": "roost-load/1", "runs": [report, report]}


def test_broken_files_are_told_not_shown(tmp_path):
    """All of a kind in one file after the other; never a crash, and what is taken gives a page that parses."""
    refused = taken = 0
    for number, report in enumerate(broken()):
        if number % 7:     # enough of them
            continue
        out = roost_load("report", kept(tmp_path, "broken", report), "--html", tmp_path / "page.html", "--csv", tmp_path / "page.csv")
        assert out.returncode in (0, 1), (report, out.stderr)
        if out.returncode == 0:
            ElementTree.fromstring((tmp_path / "page.html").read_text())
            assert roost_load("compare", tmp_path / "broken.json", tmp_path / "broken.json").returncode == 0
            taken += 1
        else:
            assert "is no report of roost-load: " in out.stderr or "line" in out.stderr, out.stderr
            refused += 1
    assert refused > 50 and taken > 5


@pytest.mark.parametrize("text,why", [
    ("", "line"), ("{", "line"), ("[]", '"roost-load/1"'), ("{}", '"roost-load/1"'), ('{"format":"roost-load/2"}', '"roost-load/1"'), ('{"format":"roost-load/1"}', "name is not there"),
    ('{"format":"roost-load/1","runs":[]}', "holding a run"), ('{"format":"roost-load/1","runs":[{}]}', "runs[0].name is not there"), ('{"format":"roost-load/1","runs":{}}', "runs is not an array"),
    ('{"a":1,"a":2}', "line"), ("\xff", "line")])
def test_wrong_files(tmp_path, text, why):
    path = tmp_path / "wrong.json"
    path.write_bytes(text.encode("latin-1"))
    out = roost_load("report", path)
    assert out.returncode == 1 and why in out.stderr and out.stdout == "", out.stderr


def test_wrong_usage(tmp_path):
    assert roost_load("report").returncode == 2
    assert roost_load("report", "a", "b").returncode == 2
    assert roost_load("compare", "a").returncode == 2
    assert roost_load("report", tmp_path / "absent.json").returncode == 1
    path = kept(tmp_path, "one", example.report())
    assert roost_load("report", path, "--html", tmp_path / "no" / "folder.html").returncode == 1


def test_a_curve_of_many_lines_loses_none_and_tells_its_note(tmp_path):
    curve = {"title": "Many", "x": "n", "y": "y", "log": True, "note": "grew x1.5 & more",
             "lines": [{"name": f"line-{i}-of-8", "points": [[10, 5.0 + i], [100, 6.0 + i]]} for i in range(8)]}
    path = kept(tmp_path, "many", {"format": "roost-load/1", "title": "T", "runs": [], "curves": [curve]})
    page = tmp_path / "many.html"
    assert roost_load("report", path, "--html", page).returncode == 0
    text = page.read_text()
    assert all(f"line-{i}-of-8" in text for i in range(8)) and "grew x1.5 &#38; more" in text
