#!/usr/bin/env python3
"""Where a service spends its time: flame graphs of a frontend and a shard while roost-load plays a scenario.

    tools/profile.py [SCENARIO] [--seconds S] [--connections N] [--letters N] [--out FOLDER]

Starts a service of one shard and one frontend in a folder of its own, fills it, records with perf while the scenario plays,
stops it, and writes SCENARIO-frontend.svg and SCENARIO-shard.svg (build/profile). A box is a function, as wide as its share
of the samples, above the one that called it; point at it to read its name and share. Needs perf (Debian: linux-perf) and the
right to use it (root, or kernel.perf_event_paranoid at most 1). Exit codes: 0, 1: something failed, 2: perf is absent.
"""
import argparse
import collections
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parents[1]
BIN = ROOT / "build" / "bin"
PASSWORD = "testpass"
USERS = 16
START_SECONDS, PREPARE_SECONDS = 20, 120


# ---- perf's samples, folded ----

def fold(script):
    """The text of `perf script` to {(outermost, ..., innermost): samples}."""
    stacks, stack = collections.Counter(), []
    for line in script.splitlines():
        words = line.split()
        if not words and stack:                    # a sample ends with an empty line
            stacks[tuple(reversed(stack))] += 1
            stack = []
        elif line[:1].isspace() and len(words) >= 2:   # "  address function+0x12 (file)": innermost first
            name = " ".join(words[1:-1]) or words[1]
            stack.append(name.rsplit("+0x", 1)[0])
    if stack:
        stacks[tuple(reversed(stack))] += 1
    return stacks


class Box:
    def __init__(self):
        self.samples, self.callees = 0, {}


def tree_of(stacks):
    root = Box()
    for stack, samples in stacks.items():
        box = root
        box.samples += samples
        for name in stack:
            box = box.callees.setdefault(name, Box())
            box.samples += samples
    return root


# ---- drawing ----

WIDTH, ROW, TOP, LEAST_WIDTH, LETTER = 1200, 17, 46, 0.6, 6.6
STYLE = """<style>text{font:11px 'DejaVu Sans Mono',monospace;fill:#111;pointer-events:none}.title{font-size:15px;font-family:sans-serif}rect{stroke:#fff;stroke-width:.5}rect:hover{stroke:#000;stroke-width:1}
@media (prefers-color-scheme:dark){.back{fill:#14171c}.title{fill:#eee}rect{stroke:#14171c}rect:hover{stroke:#fff}}</style>"""


def colour(name):
    """Warm for ours, cool for the kernel's and libraries' (perf gives no room; names tell), the same for the same name."""
    number = sum(ord(c) * (i + 1) for i, c in enumerate(name))
    hue = 200 + number % 30 if name.startswith(("__", "sys_", "do_", "x64_", "ksys", "vfs_", "tcp_", "sock_", "entry_", "[")) else 18 + number % 34
    return f"hsl({hue} {60 + number % 20}% {62 + number % 11}%)"


def draw_box(out, name, box, x, level, height, all_samples):
    width = box.samples / all_samples * WIDTH
    if width < LEAST_WIDTH:
        return 0
    y = height - (level + 1) * ROW
    share = f"{name}: {100 * box.samples / all_samples:.1f} %, {box.samples} samples"
    out.append(f'<g><title>{escape(share)}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}" rx="1" fill="{colour(name)}"/>')
    room = int((width - 6) / LETTER)
    if room >= 3:
        out.append(f'<text x="{x + 3:.1f}" y="{y + 12}">{escape(name if len(name) <= room else name[:room - 1] + "…")}</text>')
    out.append("</g>")
    for callee, inner in sorted(box.callees.items()):
        draw_box(out, callee, inner, x, level + 1, height, all_samples)
        x += inner.samples / all_samples * WIDTH
    return width


def depth_of(box, least):
    return 1 + max((depth_of(b, least) for b in box.callees.values() if b.samples >= least), default=0)


def flame_graph(stacks, title):
    root = tree_of(stacks)
    height = TOP + depth_of(root, root.samples * LEAST_WIDTH / WIDTH) * ROW
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">', STYLE,
           f'<rect class="back" width="{WIDTH}" height="{height}" fill="#fff"/>',
           f'<text class="title" x="8" y="22">{escape(title)}: {root.samples} samples</text>']
    if root.samples:
        draw_box(out, "all", root, 0, 0, height, root.samples)
    return "\n".join(out + ["</svg>", ""])


# ---- the service and its load ----

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def descendants(root):
    """pid -> name of the program, of all below root."""
    parents, names = {}, {}
    for folder in pathlib.Path("/proc").iterdir():
        try:
            name, rest = (folder / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
            parents[int(folder.name)] = int(rest.split()[1])
            names[int(folder.name)] = os.path.basename(os.readlink(folder / "exe"))
        except (OSError, ValueError, IndexError):
            continue                               # it is gone, or no process
    below = {root}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return {pid: names[pid] for pid in below if pid in names}


class Service:
    def __init__(self, folder):
        self.folder, self.process = folder, None
        self.ports = {kind: free_port() for kind in ("imap", "imaps", "lmtp")}

    def roost(self, *words):
        subprocess.run([BIN / "roost", *words], check=True, stdout=subprocess.DEVNULL, timeout=PREPARE_SECONDS)

    def start(self):
        addresses = [word for kind, port in self.ports.items() for word in (f"--{kind}", f"127.0.0.1:{port}")]
        self.roost("init", self.folder, *addresses, "--shards", "1", "--frontends", "1")
        self.process = subprocess.Popen([BIN / "roost", "-C", self.folder, "up"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=(self.folder.parent / "log").open("w"))
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.ports["imap"]), 1).close()
                break
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise SystemExit("profile: the service does not start")
                time.sleep(0.1)
        users = self.folder.parent / "users"
        users.write_text("".join(f"user{n:04}:{PASSWORD}\n" for n in range(1, USERS + 1)))
        self.roost("-C", self.folder, "user", "import", users, "--hash-cost", "min")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def load(self, *words):
        addresses = [word for kind, port in self.ports.items() for word in (f"--{kind}", f"127.0.0.1:{port}")]
        return [BIN / "roost-load", *words, *addresses, "--users", str(USERS), "--password", PASSWORD]


def record(pids, seconds, folder):
    """perf's samples of each process, while all run for so long; pid -> text."""
    files = {pid: folder / f"{pid}.perf" for pid in pids}
    running = [subprocess.Popen(["perf", "record", "-q", "-F", "297", "--call-graph", "dwarf,32768", "-p", str(pid), "-o", file, "--", "sleep", str(seconds)],
                                stdout=subprocess.DEVNULL) for pid, file in files.items()]
    if any([p.wait(seconds + 60) for p in running]):
        raise SystemExit("profile: perf could not record; may you? (kernel.perf_event_paranoid)")
    return {pid: subprocess.run(["perf", "script", "--no-inline", "-F", "comm,ip,sym,dso", "-i", file], check=True, capture_output=True, text=True, errors="replace",
                                timeout=PREPARE_SECONDS).stdout for pid, file in files.items()}


def profile(args, folder):
    service = Service(folder / "service")
    try:
        service.start()
        subprocess.run(service.load("fill", "--letters", str(args.letters), "--bytes", "8192"), check=True, stdout=subprocess.DEVNULL, timeout=PREPARE_SECONDS)
        player = subprocess.Popen(service.load("run", args.scenario, "--connections", str(args.connections), "--letters", str(args.letters), "--bytes", "8192",
                                               "--seconds", str(args.seconds + 2), "-o", str(folder / "report.json")))
        time.sleep(1)
        pids = {pid: kind for pid, name in descendants(service.process.pid).items() for kind, program in (("frontend", "roost-frontend"), ("shard", "roost-storaged")) if name == program}
        samples = record(pids, args.seconds, folder)
        played = player.wait(args.seconds + 60)
    finally:
        service.stop()
    for kind in ("frontend", "shard"):
        stacks = sum((fold(text) for pid, text in samples.items() if pids[pid] == kind), collections.Counter())
        path = args.out / f"{args.scenario}-{kind}.svg"
        path.write_text(flame_graph(stacks, f"{args.scenario}, {kind}"))
        print(f"{path}: {sum(stacks.values())} samples")
    return played


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default="body")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--letters", type=int, default=1000)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "profile")
    args = parser.parse_args()
    if not shutil.which("perf"):
        print("profile: perf is not here; on Debian: apt-get install linux-perf", file=sys.stderr)
        return 2
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="roost-profile-") as folder:
        return 1 if profile(args, pathlib.Path(folder)) else 0


if __name__ == "__main__":
    sys.exit(main())
