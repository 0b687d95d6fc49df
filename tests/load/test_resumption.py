"""TLS sessions resume: all but the first of each client, at whichever frontend, right after the start."""
from servers import PASSWORD, load
from service import Service

CLIENTS, ROUNDS = 4, 20


def test_roost_resumes_all_but_the_first():
    service = Service(init=("--shards", "1", "--frontends", "3")).up()
    try:
        for n in range(1, CLIENTS + 1):
            service.roost("user", "add", f"user{n:04}", "--hash-cost", "min", stdin=f"{PASSWORD}\n".encode())
        status, report, said = load("run", "login-resumed", "--imaps", "%s:%d" % service.imaps, "--users", CLIENTS, "--connections", CLIENTS,
                                    "--rounds", ROUNDS)
        assert status == 0, said
        assert report["tls"] == {"handshakes": CLIENTS * ROUNDS, "resumed": CLIENTS * (ROUNDS - 1)}
        assert not service.trouble()
    finally:
        service.remove()
