#!/usr/bin/env python3
"""How Roost's costs grow: curves over mailboxes' sizes and numbers, users, connections, processes. About 5 minutes.

    tests/bench/scaling.py [--quick] [--most N] [--only messages,mailboxes,users,connections,processes] [--out FOLDER]

Latencies of single commands are medians of many, asked by a small client here (it adds about 30 us to each); rates and memory
come from roost-load, which also fills. Curves go to build/bench/scaling.json and .html (format: tools/load/report.h).
What touches one message or one mailbox may grow as the logarithm of their number, and a quarter more for noise; what grows faster
is named at the end. Groups measured one at a time (--only) are drawn together.
"""
import argparse
import contextlib
import json
import math
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import time

from bench import BIN, PASSWORD, ROOT, roost, scratch
from service import pss_bytes       # bench knows where that lies

LETTER = (b"From: ada@load.example\r\nTo: you@load.example\r\nSubject: one more\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n\r\n"
          + b"A letter of this size says little.\r\n" * 20)


NOISE = 1.25


class Imap:
    """One connection: a command goes out whole, and its answer is read to the tagged line."""

    def __init__(self, port, user):
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.until(re.compile(rb"^\* OK.*\r\n", re.M))
        self.ask(f"LOGIN user{user:04} {PASSWORD}")

    def until(self, end):
        data = self.rest
        while not (found := end.search(data, max(0, len(data) - 65536 - 4096))):
            part = self.sock.recv(65536)
            if not part:
                raise EOFError(data[-200:])
            data += part
        self.rest = data[found.end():]
        return data[:found.end()]

    def ask(self, *commands):
        """All at once; the last answer's end is awaited, and each must be OK."""
        self.sock.sendall(b"".join(b"a%d " % i + (c if isinstance(c, bytes) else c.encode()) + b"\r\n" for i, c in enumerate(commands)))
        answer = self.until(re.compile(rb"^a%d [A-Z]+.*\r\n" % (len(commands) - 1), re.M))
        assert answer.count(b"\r\na") + answer.startswith(b"a") >= len(commands) and not re.search(rb"^a\d+ (NO|BAD)", answer, re.M), answer[-300:]
        return answer

    def append(self, mailbox="INBOX"):
        return self.ask(b"APPEND %s {%d+}\r\n%s" % (mailbox.encode(), len(LETTER), LETTER))

    def close(self):
        self.sock.close()


def took_us(once):
    start = time.perf_counter()
    once()
    return (time.perf_counter() - start) * 1e6


def median_us(once, times):
    """Of `times` calls of once(i); the first is not counted."""
    return statistics.median([took_us(lambda: once(i)) for i in range(times + 1)][1:])


class Curves:
    """Those of an earlier run stay until they are drawn anew, so that groups can be measured one at a time."""

    def __init__(self, earlier=()):
        self.all, self.drawn = {c["title"]: c for c in earlier}, set()

    def add(self, title, x, y, unit, line, point, bound=False):
        if title not in self.drawn:
            self.drawn.add(title)
            self.all[title] = {"title": title, "x": x, "y": y, "log": True, "x_unit": "count", "y_unit": unit, "lines": [], "bound": bound}
        curve = self.all[title]
        found = next((l for l in curve["lines"] if l["name"] == line), None)
        if not found:
            found = {"name": line, "points": []}
            curve["lines"].append(found)
        found["points"].append(list(point))
        print(f"{title}: {line}: {point[0]:,} -> {point[1]:,.1f} {unit}", flush=True)

    def notes(self):
        """What each line grew by, and whether that is more than a logarithm's growth."""
        for curve in self.all.values():
            if not curve["bound"]:
                continue
            for line in curve["lines"]:
                (x0, y0), (x1, y1) = line["points"][0], line["points"][-1]
                if x1 > x0 and y0 > 0:
                    allowed = math.log(x1) / math.log(max(x0, 2))
                    yield {"title": curve["title"], "line": line["name"], "from": x0, "to": x1, "grew": y1 / y0, "log_n": allowed, "good": y1 / y0 <= allowed * NOISE}

    def report(self):
        notes = list(self.notes())
        for curve in self.all.values():
            of_it = [n for n in notes if n["title"] == curve["title"]]
            if of_it:
                curve["note"] = "; ".join(f"{n['line']} x{n['grew']:.2f}" + ("" if n["good"] else " (MORE)") for n in of_it) + \
                    f": grew from {of_it[0]['from']:,} to {of_it[0]['to']:,}, where the logarithm grows x{of_it[0]['log_n']:.2f}"
        return {"format": "roost-load/1", "title": "How Roost's costs grow", "runs": [], "notes": notes, "curves": list(self.all.values())}


class Service:
    """One Roost, made for one group of curves."""

    def __init__(self, place, name, users, init="--shards 1 --frontends 1"):
        self.server = roost(place, name, init)
        self.server.env["PEER_USERS"] = users
        self.env = {**os.environ, **{k: str(v) for k, v in self.server.env.items()}}
        self.report = place / f"{name}.json"
        self.start()

    def ask(self, verb):
        return subprocess.run([self.server.script, verb], env=self.env, check=True, text=True, stdout=subprocess.PIPE).stdout

    def start(self):
        subprocess.run([self.server.script, "start"], env=self.env, check=True, stdout=subprocess.DEVNULL)
        self.pid = int(self.ask("pid"))

    def stop(self):
        self.ask("stop")

    def restart(self):
        self.stop()
        self.start()

    def imap(self, user):
        return Imap(self.server.ports["IMAP"], user)

    def load(self, *words):
        addresses = [w for k, port in self.server.ports.items() for w in ("--" + k.lower(), f"127.0.0.1:{port}")]
        command = [BIN / "roost-load", *words, *addresses, "--password", PASSWORD, "--quiet"]
        return subprocess.run([str(w) for w in command], check=True, stdout=subprocess.DEVNULL)

    def run(self, scenario, *words):
        self.load("run", scenario, "--pid", self.pid, "--out", self.report, *words)
        return json.loads(self.report.read_text())

    def rate(self, scenario, *words):
        return self.run(scenario, *words)["operations"]["round"]["per_second"]

    def pss_bytes(self):
        """Of the whole tree."""
        total, todo = 0, [self.pid]
        while todo:
            pid = todo.pop()
            with contextlib.suppress(OSError):
                total += pss_bytes(pid)
                todo += [int(p) for t in pathlib.Path(f"/proc/{pid}/task").iterdir() for p in (t / "children").read_text().split()]
        return total


@contextlib.contextmanager
def service(*args, **kw):
    s = Service(*args, **kw)
    try:
        yield s
    finally:
        s.ask("wipe")


def up_to(most, sizes):
    return [n for n in sizes if not most or n <= most]


def messages(place, curves, quick, most):
    """User k has an INBOX of sizes[k-1] letters."""
    sizes = up_to(most, [100, 1000] if quick else [1000, 10000, 100000, 1000000])
    times = 20 if quick else 200
    with service(place, "messages", len(sizes)) as s:
        for user, n in enumerate(sizes, 1):
            s.load("fill", "--first-user", user, "--users", 1, "--letters", n, "--bytes", 1024, "--connections", 32)
        for user, n in enumerate(sizes, 1):
            s.restart()
            messages_cold(s, curves, user, n)
            messages_warm(s, curves, user, n, times)
        title, x = "Memory with one mailbox in use", "messages in the mailbox"
        for user, n in enumerate(sizes, 1):
            s.restart()
            one = s.imap(user)
            one.ask("SELECT INBOX", f"UID STORE {n // 2} +FLAGS (\\Seen)")
            curves.add(title, x, "PSS of all processes", "bytes", "after SELECT and STORE", (n, s.pss_bytes()))
            one.close()


def messages_cold(s, curves, user, n):
    """The server was just restarted; one other mailbox was opened before."""
    one = s.imap(user)
    curves.add("SELECT, cold", "messages in the mailbox", "the first after a restart", "us", "SELECT", (n, took_us(lambda: one.ask("SELECT INBOX"))), bound=True)
    one.close()


def messages_warm(s, curves, user, n, times):
    one, other = s.imap(user), s.imap(user)
    for connection in (one, other):
        connection.ask("SELECT INBOX")
    uid = lambda i: (i * 7919) % n + 1
    status = lambda word: int(re.search(rb"%s (\d+)" % word.encode(), one.ask(f"STATUS INBOX ({word})"))[1])

    def noop_after_change(i):
        other.ask(f"UID STORE {uid(i)} {'+-'[i & 1]}FLAGS (\\Flagged)")
        return took_us(lambda: one.ask("NOOP"))

    add = lambda line, us: curves.add("One message among many", "messages in the mailbox", "median", "us", line, (n, us), bound=True)
    add("SELECT, warm", median_us(lambda i: one.ask("SELECT INBOX"), times))
    add("body of one", median_us(lambda i: one.ask(f"UID FETCH {uid(i)} BODY.PEEK[]"), times))
    add("STORE on one", median_us(lambda i: one.ask(f"UID STORE {uid(i)} {'+-'[i & 1]}FLAGS (\\Seen)"), times))
    add("APPEND of one", median_us(lambda i: one.append(), times))
    add("NOOP after a change", statistics.median(noop_after_change(i) for i in range(times)))
    add("SEARCH UID of one", median_us(lambda i: one.ask(f"UID SEARCH UID {uid(i)}"), times))
    one.ask("UNSELECT", "ENABLE QRESYNC")
    validity, modseq = status("UIDVALIDITY"), status("HIGHESTMODSEQ")
    for i in range(10):
        other.ask(f"UID STORE {uid(i * 31)} FLAGS (\\Answered)")
    add("QRESYNC, 10 changes", median_us(lambda i: one.ask(f"SELECT INBOX (QRESYNC ({validity} {modseq}))"), times))
    one.close()
    other.close()


def mailboxes(place, curves, quick, most):
    """User k has sizes[k-1] mailboxes."""
    sizes = up_to(most, [1, 10, 100] if quick else [1, 10, 100, 1000, 10000])
    times = 20 if quick else 100
    x = "mailboxes of the user"
    with service(place, "mailboxes", len(sizes)) as s:
        for user, n in enumerate(sizes, 1):
            one = s.imap(user)
            for first in range(1, n, 100):
                one.ask(*(f"CREATE box{i:05}" for i in range(first, min(first + 100, n))))
            last = f"box{n - 1:05}" if n > 1 else "INBOX"
            each = lambda line, title, us: curves.add(title, x, "median, for each mailbox", "us", line, (n, us / n))
            each("LIST", "Listing mailboxes", median_us(lambda i: one.ask('LIST "" *'), 10))
            each("LIST-STATUS", "Listing mailboxes", median_us(lambda i: one.ask('LIST "" * RETURN (STATUS (MESSAGES UNSEEN))'), 10))
            add = lambda line, us: curves.add("One mailbox among many", x, "median", "us", line, (n, us), bound=True)
            add("SELECT", median_us(lambda i: one.ask("SELECT " + (last, "INBOX")[i & 1]), times))
            add("APPEND", median_us(lambda i: one.append(last), times))
            add("CREATE and DELETE", median_us(lambda i: one.ask("CREATE more", "DELETE more"), times))
            one.close()


def users(place, curves, quick, most):
    """Small mailboxes; 64 users at a time of them all are busy, five times others."""
    sizes = up_to(most, [100, 200] if quick else [100, 1000, 10000, 100000])
    seconds, x = (0.3, "users") if quick else (0.6, "users")
    for n in sizes:
        with service(place, f"users{n}", n) as s:
            s.load("fill", "--users", n, "--letters", 2, "--bytes", 1024, "--connections", 64)
            groups = [1 + k * (n - 64) // 5 for k in range(2 if quick else 5)]
            for scenario, line in (("login", "login + SELECT + logout"), ("deliver", "deliver 1 KiB")):
                rates = [s.rate(scenario, "--first-user", g, "--users", 64, "--connections", 16, "--bytes", 1024, "--seconds", seconds) for g in groups]
                curves.add("Rates with many users", x, "per second, 16 connections", "per_second", line, (n, statistics.median(rates)))
            curves.add("Memory with many users", x, "PSS of all processes", "bytes", "after filling", (n, s.pss_bytes()))
            s.restart()
            curves.add("Memory with many users", x, "PSS of all processes", "bytes", "just started", (n, s.pss_bytes()))


def connections(place, curves, quick, most):
    sizes = up_to(most, [100, 200] if quick else [100, 1000, 10000, 50000])
    x, n_users = "idle connections", 100 if quick else 1000
    for n in sizes:
        # Where a process may open 20,000 files, two do not serve 50,000 connections.
        with service(place, f"connections{n}", n_users, f"--shards 1 --frontends {1 + n // 15000}") as s:
            s.load("fill", "--users", n_users, "--letters", 2, "--bytes", 1024, "--connections", 64)
            words = ("--users", n_users, "--connections", n, "--sources", 1 + n // 20000)
            for scenario, line in (("idle", "plain"), ("idle-tls", "TLS")):
                s.restart()
                idle = s.run(scenario, *words, "--rounds", 1, "--settle", 1)
                curves.add("Memory of idle connections", x, "for each", "bytes", line, (n, idle["memory"]["bytes_each"]))
                curves.add("Opening idle connections", x, "per second", "per_second", line, (n, idle["opening"]["per_second"]))
            if n > 10000:               # one mailbox is one process of the generator's, which may open 20,000 files, too
                continue
            push = s.run("push", *words, "--rounds", 10)["operations"]
            for op, line in (("hear-median", "half have heard"), ("hear-last", "the last has heard")):
                curves.add("Push to all who idle", x, "median", "us", line, (n, push[op]["p50_us"]))


def processes(place, curves, quick, most):
    counts = up_to(most, [1, 2] if quick else [1, 2, 3, 4])
    seconds = 0.3 if quick else 1.2
    known = {}                          # one shard and one frontend stand in both curves
    for kind, other in (("shards", "frontends"), ("frontends", "shards")):
        for n in counts:
            made = tuple(sorted({kind: n, other: 1}.items()))
            if made not in known:
                known[made] = process_rates(place, made, seconds)
            for scenario, rate in known[made].items():
                curves.add(f"Rates with more {kind}", f"{kind} (one {other[:-1]})", "per second, 32 connections", "per_second", scenario, (n, rate))


def process_rates(place, made, seconds):
    boxes = {"append": 0, "deliver": 0, "login": 100, "body": 100}
    init = " ".join(f"--{kind} {n}" for kind, n in made)
    with service(place, "-".join(str(n) for _, n in made), 64, init) as s:
        s.load("fill", "--users", 32, "--letters", 100, "--bytes", 4096, "--connections", 32)
        return {scenario: s.rate(scenario, "--first-user", 1 if letters else 33, "--users", 32, "--bytes", 4096, "--connections", 32, "--seconds", seconds)
                for scenario, letters in boxes.items()}


GROUPS = {"messages": messages, "mailboxes": mailboxes, "users": users, "connections": connections, "processes": processes}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--quick", action="store_true", help="the least of each")
    p.add_argument("--most", type=int, default=0, help="leave out what is larger: messages, mailboxes, users, connections")
    p.add_argument("--only", default=",".join(GROUPS))
    p.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "bench")
    options = p.parse_args()
    kept = options.out / "scaling.json"
    curves = Curves(json.loads(kept.read_text())["curves"] if kept.exists() else ())
    try:
        with scratch("scaling") as place:
            for name in options.only.split(","):
                GROUPS[name](place, curves, options.quick, options.most)
    finally:
        write(curves.report(), options.out)     # what there is, also of a run that was ended early
    return 0


def write(report, out):
    for note in report["notes"]:
        verdict = "good" if note["good"] else "MORE than O(log n)"
        print(f"{note['title']}: {note['line']}: x{note['grew']:.2f} from {note['from']:,} to {note['to']:,}; log n grows x{note['log_n']:.2f}: {verdict}")
    out.mkdir(parents=True, exist_ok=True)
    (out / "scaling.json").write_text(json.dumps(report))
    subprocess.run([BIN / "roost-load", "report", out / "scaling.json", "--html", out / "scaling.html"], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
