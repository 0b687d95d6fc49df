#!/usr/bin/env python3
"""Stands in for roost-load where `peers` is tested: plays nothing, reports what the test wants, and writes down how it was called.

FAKE_FOLDER holds `calls` (a line each) and `says.json`: {server: {"per_second": [one a round], "cpu_us": ..., "exit": ..., "sleep": ...}}.
"""
import json
import os
import pathlib
import subprocess
import sys
import time


def main():
    folder, words = pathlib.Path(os.environ["FAKE_FOLDER"]), sys.argv[1:]
    with open(folder / "calls", "a") as calls:
        calls.write(" ".join(words) + "\n")
    if words[0] == "fill":
        return 0
    option = {words[i]: words[i + 1] for i in range(2, len(words) - 1) if words[i].startswith("-")}
    if "--name" not in option:      # a visit
        return 0
    name = option["--name"]
    says = json.loads((folder / "says.json").read_text()).get(name, {})
    subprocess.run(option.get("--between", "true"), shell=True, check=True)
    time.sleep(says.get("sleep", 0))
    counter = folder / f"{name}.rounds"
    done = int(counter.read_text()) if counter.exists() else 0
    counter.write_text(str(done + 1))
    rates = says.get("per_second", [100.0])
    rate = rates[done % len(rates)]
    wrong = says.get("exit", 0)
    report = {
        "format": "roost-load/1", "name": name, "plan": {"scenario": words[1]}, "machine": {"cpu": "fake", "cores": 2, "kernel": "k", "time": "t"},
        "seconds": 1.0, "operations": {"round": {"n": 10, "per_second": rate, "p50_us": 1e6 / rate, "p99_us": 2e6 / rate}},
        "server": {"cpu_us_per_round": says.get("cpu_us", 50.0)},
        "checks": {"answers": 10, "wrong": wrong, "first": "the body is another" if wrong else ""}, "good": not wrong,
    }
    pathlib.Path(option["--out"]).write_text(json.dumps(report))
    return wrong


if __name__ == "__main__":
    sys.exit(main())
