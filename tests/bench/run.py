#!/usr/bin/env python3
"""Roost beside Dovecot: the same clients, the same minute, every answer checked.

    tests/bench/run.py [--quick] [--rounds N] [--seconds S] [--only NAME,...] [--default] [--alone]

Both servers run at once, each on loopback ports of its own, and take turns at every measure (A B A B): what else the
machine does falls on both. Numbers are medians of the rounds. The rival comes from PEERS_DIR (../shared/peers); without
it, or without Dovecot, Roost runs alone. Exit code 1: an answer was wrong. Missed targets are shown, not failed: they
are ratios of a run, and the machine may be busy.
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "bin"
OUT = ROOT / "build" / "bench"
PEERS = pathlib.Path(os.environ.get("PEERS_DIR", ROOT.parent / "shared" / "peers"))
PASSWORD = "testpass"

# Who is used for what: first user, how many, letters in each INBOX and their size.
READERS = dict(first=1, users=16, messages=1000, bytes=8192)     # bodies, flags, logins
LISTED = dict(first=20, users=1, messages=10000, bytes=4096)
APPENDED = dict(first=30, users=16, messages=0, bytes=4096)
DELIVERED = dict(first=50, users=16, messages=0, bytes=8192)
PUSHED = dict(first=70, users=1, messages=10, bytes=4096)
IDLERS = dict(first=100, users=496, messages=10, bytes=4096)
USERS = 600


class Measure:
    """One line of the table. `want`: how many times better than the rival; None: no target."""
    def __init__(self, name, scenario, connections, box, want=1.0, by="per_second", **options):
        self.name, self.scenario, self.connections, self.box = name, scenario, connections, box
        self.want, self.by, self.options = want, by, options


MEASURES = [
    Measure("login-1", "login", 1, READERS, 3.0),
    Measure("login-16", "login", 16, READERS, 3.0),
    Measure("append-1", "append", 1, APPENDED),
    Measure("append-16", "append", 16, APPENDED, 3.0),
    Measure("lmtp-1", "deliver", 1, DELIVERED),
    Measure("lmtp-16", "deliver", 16, DELIVERED, 3.0),
    Measure("headers-10k", "headers", 1, LISTED, 2.0),
    Measure("body-1", "body", 1, READERS),
    Measure("body-16", "body", 16, READERS, 1.5),
    Measure("store-1", "store", 1, READERS, None),     # durable here, not there
    Measure("store-16", "store", 16, READERS),
    Measure("push-lmtp", "push", 100, PUSHED, by="last_us", rounds=20),
    Measure("push-store", "push-flag", 100, PUSHED, by="last_us", rounds=20),
]
# Measured on a server just started, which has no spare memory that would hide what a session takes; but each user has
# been there once: what is cached of their mailboxes (mapped pages of an index, above all) is not a session's.
MEMORY = [
    Measure("idle-plain", "idle", 1000, IDLERS, by="bytes_each"),
    Measure("idle-tls", "idle-tls", 1000, IDLERS, by="bytes_each"),
]
LIMITS = {"push-lmtp": ("last_us", 10000), "push-store": ("last_us", 10000),
          "idle-plain": ("bytes_each", 6 * 1024), "idle-tls": ("bytes_each", 24 * 1024)}


def free_ports(n):
    socks = [socket.socket() for _ in range(n)]
    for s in socks:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in socks]
    for s in socks:
        s.close()
    return ports


def run(*command, **kw):
    return subprocess.run([str(c) for c in command], check=True, text=True, capture_output=True, **kw).stdout


class Roost:
    settle = 1.0          # seconds before memory is looked at: nothing hibernates

    def __init__(self, name, place, *init):
        self.name, self.dir, self.up = name, place / name, None
        self.imap, self.imaps, self.lmtp = free_ports(3)
        run(BIN / "roost", "init", self.dir, "--imap", f"127.0.0.1:{self.imap}", "--imaps", f"127.0.0.1:{self.imaps}",
            "--lmtp", f"127.0.0.1:{self.lmtp}", *init)
        self.start()
        names = place / (self.name + ".users")
        names.write_text("".join(f"user{i:04}:{PASSWORD}\n" for i in range(1, USERS + 1)))
        run(BIN / "roost", "-C", self.dir, "user", "import", names, "--hash-cost", "min")

    def start(self):
        self.log = open(self.dir.parent / (self.name + ".log"), "a")
        self.up = subprocess.Popen([BIN / "roost", "-C", self.dir, "up"], stdout=subprocess.PIPE, stderr=self.log, text=True)
        if self.up.stdout.readline().strip() != "ready":
            raise SystemExit(f"{self.name} did not start")
        self.pid = self.up.pid

    def stop(self):
        if self.up and self.up.poll() is None:
            self.up.send_signal(signal.SIGTERM)
            self.up.wait(30)

    def version(self):
        return run(BIN / "roost", "--version").strip()

    def journal(self):
        """Sums of all shards: {groups, syncs, records}."""
        status = json.loads(run(BIN / "roost", "-C", self.dir, "status", "--json"))
        says = [p["says"]["journal"] for p in status["processes"] if (p["says"] or {}).get("role") == "shard"]
        return {k: sum(j[k] for j in says) for k in ("groups", "syncs", "records")}


class Dovecot:
    name = "dovecot"
    settle = 20.0         # it hibernates after 10 s and ends spare processes 5 s later

    def __init__(self, place):
        self.imap, self.imaps, self.lmtp = free_ports(3)
        self.env = dict(os.environ, PEER_DIR=str(place / "dovecot"), IMAP_PORT=str(self.imap), IMAPS_PORT=str(self.imaps),
                        LMTP_PORT=str(self.lmtp), PEER_USERS=str(USERS), PEER_PASS=PASSWORD)
        self.env["PATH"] += ":/usr/sbin"
        self.start()

    def ask(self, verb):
        return run(PEERS / "dovecot.sh", verb, env=self.env)

    def start(self):
        subprocess.run([PEERS / "dovecot.sh", "start"], env=self.env, check=True, stdout=subprocess.DEVNULL)
        self.pid = int(self.ask("pid"))

    def stop(self):
        self.ask("stop")

    def version(self):
        return self.ask("version").strip()


def rival_is_there():
    if not (PEERS / "dovecot.sh").exists():
        return f"no {PEERS}/dovecot.sh"
    if not shutil.which("dovecot", path=os.environ["PATH"] + ":/usr/sbin"):
        return "Dovecot is not installed (apt-get install dovecot-core dovecot-imapd dovecot-lmtpd)"
    if os.geteuid() != 0:
        return "Dovecot must be started by root"
    return None


def short(report):
    """One run, in a line."""
    ops, server = report["operations"], report.get("server", {})
    said = dict(ops.get("round", {}), server_cpu_us=server.get("cpu_us_per_round"))
    for key, op in (("median_us", "hear-median"), ("last_us", "hear-last")):
        if op in ops:
            said[key] = ops[op]["p50_us"]
    if "memory" in report:
        said["bytes_each"] = report["memory"]["bytes_each"]
    if not report["good"]:
        said["fault"] = report["checks"]["first"]
    said.pop("histogram", None)
    return said


class Bench:
    def __init__(self, options):
        self.options, self.bad, self.results, self.syncs = options, [], {}, {}

    def load(self, server, verb, box, **options):
        """`fill` or a scenario. What the report says is taken out of it under the names the table below uses."""
        words = [BIN / "roost-load", *(["fill"] if verb == "fill" else ["run", verb]), "--imap", f"127.0.0.1:{server.imap}",
                 "--imaps", f"127.0.0.1:{server.imaps}", "--lmtp", f"127.0.0.1:{server.lmtp}", "--password", PASSWORD,
                 "--pid", server.pid, "--first-user", box["first"], "--users", box["users"], "--letters", box["messages"],
                 "--bytes", box["bytes"], "--out", "/dev/stdout", "--quiet"]
        for key, value in options.items():
            words += ["--" + key.replace("_", "-"), value]
        done = subprocess.run([str(w) for w in words], text=True, capture_output=True)
        said = short(json.loads(done.stdout)) if done.stdout else {"fault": done.stderr.strip() or f"exit {done.returncode}"}
        if done.returncode != 0:
            self.bad.append(f"{server.name} {verb}: first: {said.get('fault')}")
            print("WRONG", self.bad[-1], flush=True)
        return said

    def fill(self, server, boxes):
        for box in boxes:
            if box["messages"]:
                self.load(server, "fill", box, connections=box["users"])

    def visit(self, server, box):
        """Every user logs in once, a few at a time: many at once would leave spare memory behind."""
        for i in range(0, box["users"], 16):
            self.load(server, "login", dict(box, first=box["first"] + i, users=16), connections=16, rounds=1)

    def once(self, server, m):
        options = dict(m.options)
        if m.scenario.startswith("idle"):
            options.update(settle=server.settle, seconds=0.1)
        elif "rounds" not in options:
            options["seconds"] = self.options.seconds
        before = server.journal() if isinstance(server, Roost) and m.scenario in ("append", "deliver", "store") else None
        report = self.load(server, m.scenario, m.box, connections=m.connections, **options)
        if before:
            after = server.journal()
            report["journal"] = {k: after[k] - before[k] for k in after}
        self.results.setdefault(m.name, {}).setdefault(server.name, []).append(report)

    def measure(self, servers, m):
        for _ in range(self.options.rounds):
            for server in servers:
                self.once(server, m)
        self.show(servers, m)

    def measure_memory(self, servers, m):
        for server in servers:
            server.stop()
            server.start()
            self.visit(server, m.box)
            time.sleep(server.settle)
            self.once(server, m)
        self.show(servers, m)

    def median(self, m, server, key):
        values = [r[key] for r in self.results[m.name].get(server, []) if key in r]
        return statistics.median(values) if values else None

    def show(self, servers, m):
        cells = [self.cell(m, s.name) for s in servers]
        print(f"{m.name:12} " + "  ".join(f"{c:44}" for c in cells), self.verdict(servers, m), flush=True)

    def cell(self, m, server):
        v = lambda key: self.median(m, server, key)
        if m.by == "per_second":
            if v("per_second") is None:
                return "failed"
            cpu = f"{v('server_cpu_us') or 0:8.0f} us cpu"
            return f"{v('per_second'):9.1f}/s p50 {v('p50_us') / 1000:6.2f} p99 {v('p99_us') / 1000:6.2f} {cpu}"
        if m.by == "last_us" and v("last_us") is not None:
            return f"median {v('median_us') / 1000:7.2f} last {v('last_us') / 1000:7.2f} ms"
        return f"{v('bytes_each') / 1024:7.1f} KiB each" if v("bytes_each") is not None else "failed"

    def ratios(self, m, ours, theirs):
        """How many times better: by what is measured, and by the servers' processor time."""
        a, b = self.median(m, ours, m.by), self.median(m, theirs, m.by)
        ca, cb = self.median(m, ours, "server_cpu_us"), self.median(m, theirs, "server_cpu_us")
        speed = (a / b if m.by == "per_second" else b / a) if a and b else None
        return speed, cb / ca if ca and cb else None

    def verdict(self, servers, m):
        words = []
        if m.name in LIMITS:
            key, limit = LIMITS[m.name]
            value = self.median(m, servers[0].name, key)
            words.append(f"limit {limit}: {'reached' if value is not None and value <= limit else 'MISSED'}")
        if any(s.name == "dovecot" for s in servers):
            speed, cpu = self.ratios(m, servers[0].name, "dovecot")
            words.append(f"x{speed or 0:.2f}" + (f" (cpu x{cpu:.2f})" if cpu else ""))
            if m.want:
                words.append(f"want x{m.want}: {'reached' if max(speed or 0, cpu or 0) >= m.want else 'MISSED'}")
        journal = [r["journal"] for r in self.results[m.name][servers[0].name] if "journal" in r]
        if journal and sum(j["records"] for j in journal):
            words.append(f"{sum(j['syncs'] for j in journal) / sum(j['records'] for j in journal):.3f} syncs/record")
        return " ".join(words)


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg(),
            "time": time.strftime("%Y-%m-%d %H:%M"), "commit": run("git", "-C", ROOT, "describe", "--always", "--dirty").strip()}


def make_servers(place, options):
    servers = [Roost("roost", place, "--shards", "1", "--frontends", "1")]
    missing = "not asked for" if options.alone else rival_is_there()
    if missing:
        print(f"SKIPPED the rival: {missing}")
    else:
        servers.append(Dovecot(place))
    if options.default:
        servers.append(Roost("roost-default", place))
    return servers


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--quick", action="store_true", help="one short round with small mailboxes: are all answers right?")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--seconds", type=float, default=2.0)
    p.add_argument("--only", default="")
    p.add_argument("--default", action="store_true", help="also Roost as `roost init` makes it")
    p.add_argument("--alone", action="store_true", help="without the rival")
    options = p.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 0.3
        READERS["messages"], LISTED["messages"] = 50, 500
        for m in MEMORY:
            m.connections = 100
    only = [w for w in options.only.split(",") if w]
    measures = [m for m in MEASURES if not only or m.name in only]
    memory = [m for m in MEMORY if not only or m.name in only]
    place = pathlib.Path(tempfile.mkdtemp(prefix="roost-bench-", dir=os.environ.get("BENCH_DIR", "/var/tmp")))
    place.chmod(0o755)
    bench, servers = Bench(options), []
    try:
        servers = make_servers(place, options)
        about = dict(machine(), versions={s.name: s.version() for s in servers})
        print(json.dumps(about))
        boxes = []
        for m in measures + memory:
            if m.box not in boxes:
                boxes.append(m.box)
        for server in servers:
            bench.fill(server, boxes)
        for m in measures:
            bench.measure(servers, m)
        for m in memory:
            bench.measure_memory(servers, m)
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(place, ignore_errors=True)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "bench.json").write_text(json.dumps(dict(about, results=bench.results, bad=bench.bad), indent=1))
    print("load at the end:", os.getloadavg(), "->", OUT / "bench.json")
    return 1 if bench.bad else 0


if __name__ == "__main__":
    sys.exit(main())
