"""`roost-load peers` with servers that serve nothing and a player that plays nothing: order, table, exit codes, stopping."""
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOAD = pathlib.Path(os.environ.get("ROOST_BIN", ROOT / "build" / "bin")) / "roost-load"
PLAYER = ROOT / "tests" / "bench" / "fake_player.py"

SERVER = """
server {name} {{
	start = "sleep 1000 & echo $! > $FAKE_FOLDER/{name}.pid; echo start {name} $WORD >> $FAKE_FOLDER/calls{more}"
	stop = "echo stop {name} >> $FAKE_FOLDER/calls; kill $(cat $FAKE_FOLDER/{name}.pid); rm $FAKE_FOLDER/{name}.pid"
	pid = "cat $FAKE_FOLDER/{name}.pid"
	version = "echo {name} 1.0"
	env = {{ "WORD=hello" }}
	imap = "127.0.0.1:1"
	{keys}
}}
"""
MEASURES = """
box readers { first-user = 5 users = 4 letters = 1000 bytes = 8KiB }
box others { users = 1 }
measure body {
	title = "random body"
	scenario = body  box = readers  connections = 16
	targets = { "per_second 3 x best", "per_second 1.5 x slow", "cpu_us <= 60" }
}
measure again { scenario = body  box = readers  users-a-round = 1  rounds = 7  before = { restart, visit, "echo between >> $FAKE_FOLDER/calls" }
	options = { "--change", "lmtp" }  skip = { slow }  targets = { "p50_us <= 1.5 x body" } }
measure other { scenario = login  box = others  repeat = 2  settled = true }
measure first { scenario = body  box = others  rounds = 1  cold = true }
"""


class Comparison:
    def __init__(self, folder):
        self.folder = folder
        self.env = dict(os.environ, FAKE_FOLDER=str(folder))
        self.names = ["ours", "fast", "slow"]

    def write(self, says=None, broken=(), keys=None, measures=MEASURES):
        servers = [SERVER.format(name=n, more="; exit 1" if n in broken else "", keys=(keys or {}).get(n, "")) for n in self.names]
        (self.folder / "plan.conf").write_text("".join(servers) + measures)
        (self.folder / "says.json").write_text(json.dumps(says or {}))

    def command(self, *options):
        return [LOAD, "peers", self.folder / "plan.conf", "--player", PLAYER, "-o", self.folder / "out.json",
                "--markdown", self.folder / "out.md", *options]

    def run(self, *options):
        return subprocess.run(self.command(*options), env=self.env, text=True, capture_output=True, timeout=60)

    def only_shown(self):
        """A player that writes down its words and does nothing."""
        player = self.folder / "player.sh"
        player.write_text('#!/bin/sh\necho "$@" >> $FAKE_FOLDER/calls\n')
        player.chmod(0o755)
        return player

    def calls(self):
        calls = self.folder / "calls"
        return calls.read_text().splitlines() if calls.exists() else []

    def report(self):
        return json.loads((self.folder / "out.json").read_text())

    def measure(self, name):
        return next(m for m in self.report()["measures"] if m["name"] == name)

    def left_running(self):
        return [f for f in self.folder.glob("*.pid")]


@pytest.fixture
def comparison(tmp_path):
    c = Comparison(tmp_path)
    yield c
    for pid in c.left_running():
        os.kill(int(pid.read_text()), signal.SIGKILL)


def test_servers_take_turns_and_the_table_says_who_is_better(comparison):
    comparison.write({"ours": {"per_second": [400, 300, 200]}, "fast": {"per_second": [110, 100, 90]}, "slow": {"per_second": [10], "cpu_us": 500}})
    done = comparison.run("--only", "body")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [c.split()[4] for c in comparison.calls() if c.startswith("run")] == ["ours", "fast", "slow"] * 3
    body = comparison.measure("body")
    assert body["servers"]["ours"]["per_second"] == 300 and body["servers"]["fast"]["per_second"] == 100
    assert body["best"] == "fast" and body["ratio"] == 3.0 and body["cpu_ratio"] == 1.0
    assert body["ratio_low"] < 3.0 < body["ratio_high"]
    assert [t["reached"] for t in body["targets"]] == [True, True, True]
    assert [r["round"] for r in comparison.report()["runs"] if r["name"] == "slow"] == [1, 2, 3]
    table = (comparison.folder / "out.md").read_text()
    assert "| random body | 300/s, 3.33 / 6.67 ms, 50.0 µs | 100/s, 10.0 / 20.0 ms, 50.0 µs |" in table
    assert "ours: ours 1.0; fast: fast 1.0; slow: slow 1.0" in table
    assert not comparison.left_running()


def test_each_run_is_told_what_the_plan_says(comparison):
    comparison.write()
    assert comparison.run("--only", "body,again", "--rounds", "2", "--seconds", "1.5").returncode == 0
    calls = comparison.calls()
    assert calls[0] == "start ours hello"
    fills = [c for c in calls if c.startswith("fill")]
    assert len(fills) == 3 and all("--first-user 5 --users 4 --bytes 8192 --letters 1000 --connections 16" in c for c in fills)
    body, again = ([c for c in calls if c.startswith("run") and ours in c] for ours in ("--connections 16", "--change lmtp"))
    assert len(body) == 6 and all("--seconds 1.5" in c for c in body)
    assert [c.split()[4] for c in again] == ["ours", "fast"] * 2
    assert all("--rounds 7" in c and "--users 1 " in c for c in again)
    assert [c.split()[c.split().index("--first-user") + 1] for c in again] == ["5", "5", "6", "6"]
    at = calls.index(again[0])
    assert [c.split(" --imap")[0] for c in calls[at - 4:at]] == ["stop ours", "start ours hello", "run login --quiet", "between"]
    assert "--first-user 5 --users 4" in calls[at - 2]
    target = comparison.measure("again")["targets"][0]
    assert target == {"text": "p50_us <= 1.5 x body", "value": 1.0, "reached": True, "by_cpu": False}


def test_a_cold_server_is_restarted_while_the_player_waits(comparison):
    comparison.write()
    assert comparison.run("--only", "first", "--rounds", "1", "--alone").returncode == 0
    assert [c.split()[0] for c in comparison.calls()] == ["start", "run", "stop", "start", "stop"]
    assert not comparison.left_running()


def test_what_the_kernel_remembers_of_a_cold_server_is_dropped_while_it_is_down(comparison):
    comparison.write()
    comparison.run("--only", "first", "--rounds", "1", "--alone", "--drop-caches", "--player", comparison.only_shown())
    between = comparison.calls()[1].split("--between ")[1]
    assert between.index("stop ours") < between.index("drop_caches") < between.index("start ours")


def test_a_target_missed_is_shown_and_is_no_failure(comparison):
    comparison.write({"ours": {"per_second": [90], "cpu_us": 100}, "slow": {"cpu_us": 160}})
    done = comparison.run("--only", "body", "--rounds", "1")
    assert done.returncode == 0
    targets = comparison.measure("body")["targets"]
    assert [(t["reached"], t["by_cpu"]) for t in targets] == [(False, False), (True, True), (False, False)]
    assert "cpu_us <= 60: no, 100" in done.stdout


def test_a_server_that_does_not_start_is_left_out(comparison):
    comparison.write(broken=("fast",))
    done = comparison.run("--only", "body", "--rounds", "1")
    assert done.returncode == 0 and "fast is left out: it does not start" in done.stdout
    assert set(comparison.measure("body")["servers"]) == {"ours", "slow"}
    assert comparison.report()["servers"][1]["left_out"] == "it does not start"
    assert not comparison.left_running()


def test_ours_must_start(comparison):
    comparison.write(broken=("ours",))
    assert comparison.run().returncode == 3
    assert not comparison.left_running()


def test_a_wrong_answer_is_exit_1_and_does_not_count(comparison):
    comparison.write({"fast": {"per_second": [1000], "exit": 1}})
    done = comparison.run("--only", "body")
    assert done.returncode == 1 and "WRONG (exit 1): the body is another" in done.stdout
    assert comparison.measure("body")["best"] == "slow" and not comparison.report()["good"]


def test_alone_and_skip_leave_servers_alone(comparison):
    comparison.write()
    assert comparison.run("--only", "other", "--rounds", "1", "--alone").returncode == 0
    assert not any("fast" in c or "slow" in c or c.startswith("fill") for c in comparison.calls())
    assert comparison.run("--only", "other", "--rounds", "1", "--skip", "fast").returncode == 0
    assert not any("fast" in c for c in comparison.calls()) and any("slow" in c for c in comparison.calls())


def test_a_measure_may_be_repeated_less_often_and_wait_for_the_server(comparison):
    comparison.write(keys={"fast": "settle = 0.5"})
    assert comparison.run("--only", "other").returncode == 0
    runs = [c for c in comparison.calls() if c.startswith("run")]
    assert len(runs) == 6 and [("--settle 0.5" in c) for c in runs] == [False, True, False] * 2


def test_who_is_no_rival_is_shown_and_not_compared_with(comparison):
    comparison.write({"fast": {"per_second": [1000]}}, keys={"fast": "rival = false"})
    assert comparison.run("--only", "body", "--rounds", "1").returncode == 0
    body = comparison.measure("body")
    assert body["best"] == "slow" and body["servers"]["fast"]["per_second"] == 1000


def test_what_is_quicker_to_fill_is_started_anew_to_be_measured(comparison):
    comparison.write(keys={"ours": 'start-to-fill = "sleep 1000 & echo $! > $FAKE_FOLDER/ours.pid; echo faster >> $FAKE_FOLDER/calls"'})
    assert comparison.run("--only", "body", "--rounds", "1", "--alone").returncode == 0
    calls = [c.split()[0] for c in comparison.calls()]
    assert calls == ["faster", "fill", "stop", "start", "run", "stop"]


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_and_all_servers(comparison, sign):
    comparison.write({"fast": {"sleep": 50}})
    peers = subprocess.Popen(comparison.command("--only", "body"), env=comparison.env, stdout=subprocess.PIPE, text=True)
    until = time.monotonic() + 20
    while not any(c.startswith("run body --quiet --name fast") for c in comparison.calls()):
        assert time.monotonic() < until
        time.sleep(0.05)
    peers.send_signal(sign)
    assert peers.wait(10) == 1
    peers.stdout.close()
    assert not comparison.left_running()
    assert sorted(c for c in comparison.calls() if c.startswith("stop")) == ["stop fast", "stop ours", "stop slow"]
    assert [r["name"] for r in comparison.report()["runs"]] == ["ours"]


@pytest.mark.parametrize("text,says", [
    ("server x { bogus = 1 }", "plan.conf:1: server x: no such option 'bogus'"),
    ("server x {\nstop = a }", "plan.conf:2: server x: needs start and stop"),
    ("box a {\n bytes = 5KB }", "plan.conf:2: box a: bytes: 5KB is not a size such as 8KiB"),
    ("box a { users = 0 }", "plan.conf:1: box a: users cannot be 0"),
    ("box a { letters = -1 }", "plan.conf:1: box a: letters cannot be -1"),
    ("measure m { box = b }", "plan.conf:1: measure m: no scenario \"\""),
    ("measure m { scenario = body box = b }", "plan.conf:1: measure m: no box b"),
    ("box b {} measure m { scenario = body box = b users-a-round = 2 }", "plan.conf:1: measure m: users-a-round: box b has only 1"),
    ('measure m { targets = { "speed 3 x best" } }', 'plan.conf:1: measure m: targets: "speed 3 x best" is not like'),
    ('measure m { targets = { "cpu_us <= much" } }', 'plan.conf:1: measure m: targets: "cpu_us <= much" is not like'),
    ('server s { start = a stop = b } box b {} measure m { scenario = body box = b targets = { "p50_us <= 2 x n" } }',
     "plan.conf:1: measure m: targets: no measure n"),
    ("measure m { compare = speed }", "plan.conf:1: measure m: compare: no metric speed"),
    ("box b {} box b {}", "plan.conf:1: found duplicate title 'b'"),
    ("box b {}", "plan.conf:1: there should be a server and a measure"),
])
def test_faults_of_a_plan_name_their_line(comparison, text, says):
    (comparison.folder / "plan.conf").write_text(text)
    done = comparison.run()
    assert done.returncode == 2 and says in done.stderr


@pytest.mark.parametrize("options,says", [
    (["--only", "nothing"], "the plan has no nothing"), (["--skip", "nobody"], "the plan has no nobody"),
    (["--rounds", "0"], "0 is not a number between 1 and 100"), (["--seconds", "x"], "x is not a number"), (["more"], "usage:"),
])
def test_wrong_usage_is_told(comparison, options, says):
    comparison.write()
    done = comparison.run(*options)
    assert done.returncode == 2 and says in done.stderr
    assert not comparison.calls()
