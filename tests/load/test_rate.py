"""The generator is not the bottleneck: so many commands cost it so much, against a server that does nothing."""
import pytest

import servers
from servers import load

pytestmark = pytest.mark.skipif(servers.SANITIZED, reason="sanitized programs are slow")

# Per second of the generator's own CPU time, so that it does not matter what else the machine does.
FLOORS = {"noop": 50_000, "body": 20_000, "append": 20_000, "deliver": 10_000, "store": 30_000}


@pytest.mark.parametrize("scenario", FLOORS)
def test_so_many_operations_per_second_of_its_own_cpu(null, scenario):
    server = null("--letters", 50)
    status, report, said = load("run", scenario, *server.options(), "--users", 32, "--connections", 32, "--workers", 1, "--seconds", 0.6)
    assert status == 0, said
    assert report["good"] and report["checks"]["wrong"] == 0
    rounds = report["operations"]["round"]["n"]
    per_cpu_second = rounds / (report["client"]["cpu_us"] / 1e6)
    assert per_cpu_second >= FLOORS[scenario], (scenario, per_cpu_second)


def test_latency_is_of_the_server_not_of_the_generator(null):
    """One connection waits for nobody: two milliseconds is forty times what such a NOOP takes, and less than a timer's tick would add."""
    status, report, said = load("run", "noop", *null().options(), "--users", 1, "--connections", 1, "--seconds", 0.6)
    assert status == 0, said
    assert report["operations"]["noop"]["p50_us"] < 2000
