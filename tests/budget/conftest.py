"""conftest.py: a service whose work is counted: calls, rows, pages, syncs, octets, allocations."""
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "talk"))

from service import ROOT, Service  # noqa: E402  (found by the line above)

ALLOCS = ROOT / "build" / "tests" / "allocs.so"
NOT_COUNTED = {"data", "data_end", "credit", "cancel",          # heard within a call, no call of their own
               "unlisten"}                                     # comes a second after whoever left a mailbox, amidst whatever is done then


def flat(numbers, prefix=""):
    """{"a": {"b": 1}} to {"a.b": 1}; what is no number is left out."""
    found = {}
    for key, value in numbers.items():
        if isinstance(value, dict):
            found.update(flat(value, prefix + key + "."))
        elif isinstance(value, int):
            found[prefix + key] = value
    return found


class Counted:
    """One shard, one IMAP and one LMTP frontend; `during` tells what they counted while something was done."""

    def __init__(self, folder):
        self.allocs = folder
        os.environ["LD_PRELOAD"], os.environ["ALLOCS_DIR"] = str(ALLOCS), str(folder)
        try:
            self.service = Service(init=("--shards", "1", "--frontends", "1")).up()
        finally:
            del os.environ["LD_PRELOAD"], os.environ["ALLOCS_DIR"]

    def pid(self, role):
        return self.service.pids(role)[0]

    def says(self, name):
        return next(p["says"] for p in self.service.status()["processes"] if p["name"] == name)

    def shard(self):
        return flat(self.says("shard-0"))

    def allocated(self, role):
        return struct.unpack("Q", (self.allocs / str(self.pid(role))).read_bytes())[0]

    def io(self, role, what):
        lines = Path(f"/proc/{self.pid(role)}/io").read_text().splitlines()
        return int(dict(line.split(": ") for line in lines)[what])

    def written(self, role):
        """Octets that the process caused to be written to disk."""
        return self.io(role, "write_bytes")

    def writes(self, role):
        """System calls that write, to sockets too."""
        return self.io(role, "syscw")

    def during(self, act):
        """What the shard counted meanwhile, but for the question itself."""
        before = self.shard()
        act()
        after = self.shard()
        more = {k: n - before.get(k, 0) for k, n in after.items()}
        more["heard.status"] -= 1
        return {k: n for k, n in more.items() if n}

    def calls(self, act):
        """Calls to the shard and to the directory, by name."""
        before = flat(self.says("directory")["heard"])
        shard = self.during(act)
        after = flat(self.says("directory")["heard"])
        calls = {k.split(".")[1]: n for k, n in shard.items() if k.startswith("heard.")}
        for key, n in after.items():
            if n - before.get(key, 0) and not key.endswith(".status"):
                calls[key.split(".")[1]] = n - before.get(key, 0)
        return {k: n for k, n in calls.items() if k not in NOT_COUNTED}


@pytest.fixture(scope="session")
def counted(tmp_path_factory):
    subprocess.run(["make", "-s", "-C", ROOT, "build/tests/allocs.so"], check=True)
    world = Counted(tmp_path_factory.mktemp("allocs"))
    yield world
    world.service.remove()
