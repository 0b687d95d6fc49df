#!/usr/bin/env python3
"""The tail of every command: Roost under a mixed open-loop load, alone, and beside one who does big things.

    tests/bench/tail.py [--seconds S] [--rate R] [--big N] [--out FOLDER]

First the capacity of mixed.mix, by halving: the most rounds a second of which half still end within 20 ms. Then the same mix comes at
70 % of that, whatever the server does, and latency counts from the moment a command should have begun; then once more while
disturb.mix searches, lists, flags, copies and expunges mailboxes of N letters; last, what another's NOOPs wait for (waits.py). Wanted of each command, in both: p99 <= 10 x p50 and p99.9 <= 50 ms.
Reports go to build/bench. Exit code 1: an answer was wrong. Missed targets are shown, not failed: the machine may be busy.
"""
import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ROOT / "tests" / "bench"
sys.path.insert(0, str(ROOT / "tests" / "talk"))

import waits  # noqa: E402
from service import BIN, Service  # noqa: E402 (it lies beside the conversations)

USERS, LETTERS, SHARE = 260, 200, 0.7
RATIO, LAST_US = 10, 50_000          # wanted: p99 to p50; p99.9
FEWEST = 1000                        # of fewer, a p99.9 says nothing: the slowest is shown, not judged
ENOUGH = 100
CONNECTIONS = 1000
WAITS_MESSAGES = 100_000
CAPACITY, SATURATED_US = (500, 16000), 20_000     # looked for in between, rounds a second


class Tail:
    def __init__(self, service, options):
        self.service, self.options, self.good = service, options, True

    def words(self, *more):
        at = lambda a: f"{a[0]}:{a[1]}"
        s = self.service
        return [str(w) for w in (BIN / "roost-load", *more, "--imap", at(s.imap), "--imaps", at(s.imaps), "--lmtp", at(s.lmtp), "--sizes",
                                 "1024:65536:mail", "--pid", s.process.pid, "--quiet")]

    def load(self, name, *more):
        report = self.options.out / f"tail-{name}.json"
        done = subprocess.run(self.words(*more, "--out", report), check=False)
        said = json.loads(report.read_text()) if done.returncode <= 1 else sys.exit(done.returncode)
        if not said["good"]:
            self.good = False
            print(f"WRONG {name}: {said['checks']['first']}", flush=True)
        return said

    def fill(self):
        self.load("fill", "fill", "--users", 241, "--letters", LETTERS, "--connections", 16)
        self.load("fill-big", "fill", "--first-user", 250, "--users", 4, "--letters", self.options.big, "--connections", 4)

    def mixed(self, name, rate, seconds):
        return self.load(name, "run", "--mix", BENCH / "mixed.mix", "--connections", CONNECTIONS, "--rate", rate, "--warmup", 1,
                         "--seconds", seconds)["operations"]

    def capacity(self):
        low, high = CAPACITY
        while high > 1.1 * low:
            rate = (low * high) ** 0.5
            keeps_up = self.mixed("capacity", rate, 3)["round"]["p50_us"] <= SATURATED_US
            low, high = (rate, high) if keeps_up else (low, rate)
        return low

    def play(self, name, rate):
        before = self.lag()
        said = self.mixed(name, rate, self.options.seconds)
        self.show_lag(before, self.lag())
        return said

    def play_disturbed(self, rate):
        words = self.words("run", "--mix", BENCH / "disturb.mix", "--connections", 6, "--workers", 1, "--seconds", self.options.seconds + 8,
                           "--timeout", 120, "--out", self.options.out / "tail-disturber.json")
        with subprocess.Popen(["nice", "-n", "19", *words]) as disturber:     # its own work is no part of what is measured
            said = self.play("disturbed", rate)
            self.good &= disturber.wait() == 0
        return said

    def lag(self):
        return {p["name"]: p["says"]["lag_us"] for p in self.service.status()["processes"] if p["says"]}

    def show_lag(self, before, after):
        print("turns of loops, longest, ms:", "  ".join(f"{name} {after[name]['max'] / 1000:.1f}" for name in after))


def row(op):
    return [op[k] / 1000 for k in ("p50_us", "p99_us", "p99_9_us", "max_us")]


def verdict(op):
    if op["n"] < ENOUGH:
        return "few"
    late = op["p99_us"] > RATIO * op["p50_us"]
    last = op["n"] >= FEWEST and op["p99_9_us"] > LAST_US
    return " ".join(w for w in ("p99" if late else "", "p99.9" if last else "") if w) or "ok"


def table(alone, disturbed):
    print(f"{'':12}| {'alone':^49} | {'beside one who does big things':^42}")
    print(f"{'ms':12}|" + " ".join(f"{h:>7}" for h in ("count", "p50", "p99", "p99.9", "max", "ratio")) + "        |" +
          " ".join(f"{h:>7}" for h in ("p50", "p99", "p99.9", "max", "ratio")))
    for name in alone:
        if name == "round" or name not in disturbed or not alone[name]["n"]:
            continue
        cells = [" ".join(f"{v:7.2f}" for v in row(op)) + f" {op['p99_us'] / max(op['p50_us'], 1):7.1f} {verdict(op):9}" for op in (alone[name], disturbed[name])]
        print(f"{name:12}| {alone[name]['n']:6} {cells[0]}| {cells[1]}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seconds", type=float, default=40)
    p.add_argument("--rate", type=float, help="rounds a second, instead of 70 %% of what is measured")
    p.add_argument("--big", type=int, default=20000)
    p.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "bench")
    options = p.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    service = Service(init=("--shards", "1", "--frontends", "1")).up()
    try:
        names = service.dir / "users"
        names.write_text("".join(f"user{i:04}:testpass\n" for i in range(1, USERS + 1)))
        service.roost("user", "import", names, "--hash-cost", "min")
        tail = Tail(service, options)
        tail.fill()
        rate = options.rate or SHARE * tail.capacity()
        print(f"{rate:.0f} rounds a second", flush=True)
        table(tail.play("alone", rate), tail.play_disturbed(rate))
        waits.table(service, WAITS_MESSAGES)
        return 0 if tail.good else 1
    finally:
        service.remove()


if __name__ == "__main__":
    sys.exit(main())
