#!/usr/bin/python3
"""check.py: runs every test there is, stage after stage, and counts.

    check.py [--only STAGE[,STAGE...]] [--list]

The closing line is "N passed, N failed"; the exit status is 0 only if nothing failed. Logs of failed stages are shown,
those of all stages kept in build/check/.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "check"
FUZZ_SECONDS = os.environ.get("FUZZ_SECONDS", "4")


class Count:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def add(self, passed, failed):
        self.passed += passed
        self.failed += failed


def run(log, command, **env):
    """Runs a command with its output in the log; gives its exit status."""
    with open(log, "ab") as out:
        return subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              env={**os.environ, **env}).returncode


def binaries(folder, pattern):
    return sorted(p for p in (ROOT / folder).glob(pattern) if p.is_file() and os.access(p, os.X_OK))


def units(build):
    """Each unit test is a program; cmocka says how many of its tests passed."""
    def stage(log):
        count = Count()
        for test in binaries(f"{build}/unit", "test_*"):
            if test.suffix:
                continue
            one = log.with_name(f"{log.stem}-{test.name}.log")
            one.unlink(missing_ok=True)
            status = run(one, [str(test)])
            text = one.read_text(errors="replace")
            passed = sum(map(int, re.findall(r"\[  PASSED  \] (\d+) test", text)))
            failed = len(re.findall(r"^\[  FAILED  \] \w+$", text, re.M))
            if status and not failed:
                failed = 1
            if failed:
                with open(log, "a") as out:
                    out.write(f"--- {test.name}: exit {status}\n{text[-4000:]}\n")
            count.add(passed, failed)
        return count
    return stage


def fuzz(log):
    """A bounded slice of each fuzzer; a longer one is `make fuzz`."""
    count = Count()
    for fuzzer in binaries("build-fuzz", "fuzz_*"):
        status = run(log, [str(fuzzer), f"-max_total_time={FUZZ_SECONDS}", "-rss_limit_mb=4096", "-timeout=25",
                           f"-artifact_prefix={LOGS}/"])
        count.add(status == 0, status != 0)
    return count


def pytest(paths, **env):
    def stage(log):
        count = Count()
        found = [p for p in paths if (ROOT / p).exists()]
        if not found:
            return count
        report = log.with_suffix(".xml")
        report.unlink(missing_ok=True)
        status = run(log, [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml", str(report), *found],
                     **{"PYTHONDONTWRITEBYTECODE": "1", **env})
        if not report.exists():
            count.add(0, 1)
            return count
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            bad = int(suite.get("failures")) + int(suite.get("errors"))
            count.add(int(suite.get("tests")) - bad - int(suite.get("skipped")), bad)
        if status not in (0, 5) and not count.failed:
            count.add(0, 1)
        return count
    return stage


def rpc_page(log):
    status = run(log, [sys.executable, "tools/rpc_table.py", "--check"])
    count = Count()
    count.add(status == 0, status != 0)
    return count


SAN = {"ROOST_BIN": str(ROOT / "build-san" / "bin"), "ROOST_SLOW": "1"}
STAGES = {
    "docs": rpc_page,
    "units": units("build"),
    "units-san": units("build-san"),
    "corpus": pytest(["tests/corpus"]),
    "talk-san": pytest(["tests/talk"], **SAN),
    "clients": pytest(["tests/clients"]),
    "crash": pytest(["tests/crash"]),
    "budget": pytest(["tests/budget"]),
    "bench": pytest(["tests/bench"]),
    "load": pytest(["tests/load"]),
    "fuzz": fuzz,
}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--only", help="comma-separated names of stages")
    args.add_argument("--list", action="store_true")
    args = args.parse_args()
    if args.list:
        print("\n".join(STAGES))
        return 0
    LOGS.mkdir(parents=True, exist_ok=True)
    total = Count()
    for name in args.only.split(",") if args.only else STAGES:
        log = LOGS / f"{name}.log"
        log.unlink(missing_ok=True)
        start = time.monotonic()
        count = STAGES[name](log)
        total.add(count.passed, count.failed)
        print(f"{name:10} {count.passed:6} passed {count.failed:4} failed {time.monotonic() - start:7.1f} s", flush=True)
        if count.failed and log.exists():
            print(log.read_text(errors="replace")[-8000:], flush=True)
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
