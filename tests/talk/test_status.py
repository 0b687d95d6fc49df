"""What processes say of themselves: `roost status`, and the numbers behind it."""
import re
import stat

from client import until

MAIL = b"Subject: counted\r\n\r\nbody\r\n"


def says(service):
    """Process name to its own words."""
    return {p["name"]: p["says"] for p in service.status()["processes"]}


def test_every_process_shows_how_long_its_loop_kept_others_waiting(service):
    status = service.status()
    all_words = [status] + [p["says"] for p in status["processes"]]
    assert {p["name"] for p in status["processes"]} == {"directory", "shard-0", "imap-0", "imap-1", "lmtp-0"}
    for words in all_words:
        lag = words["lag_us"]
        assert set(lag) == {"p50", "p99", "max", "n", "buckets"}
        assert lag["n"] > 0 and sum(count for _, count in lag["buckets"]) == lag["n"]
        ends = [end for end, _ in lag["buckets"]]
        assert ends == sorted(ends) and lag["p50"] <= lag["p99"] <= lag["max"] <= ends[-1]


def test_the_table_shows_it_too(service):
    lines = service.roost("status").stdout.decode().splitlines()
    assert len(lines) == 6
    assert all(re.search(r"\blag_us\.max=\d+", line) for line in lines[1:]), lines


def test_doors_are_for_admins_only(service):
    for name in ("frontend-imap-0", "frontend-imap-1", "frontend-lmtp-0"):
        assert stat.S_IMODE((service.folder / "sock" / name).stat().st_mode) == 0o600


def test_what_imap_sessions_do_is_counted(private):
    service = private(init=("--frontends", "1"))
    user = service.user_add("counted")
    before = says(service)["imap-0"]
    assert before["role"] == "imap" and before["index"] == 0 and before["sessions"] == 0
    assert before["pid"] == service.pids("imap")[0]
    plain, secure = user.client("a", "INBOX"), user.client("b", tls=True)
    stranger = service.client("c")
    stranger.no('LOGIN counted "wrong"')
    plain.append(mail=MAIL * 100)
    plain.ok("FETCH 1 BODY.PEEK[]")
    plain.bad("FROBNICATE")
    with secure.idle():
        now = says(service)["imap-0"]
    assert {k: now[k] for k in ("sessions", "plain", "tls", "idle", "selected")} == {
        "sessions": 3, "plain": 2, "tls": 1, "idle": 1, "selected": 1}
    assert (now["connections"], now["logins"], now["login_failures"]) == (3, 2, 1)
    assert now["commands"] == {"LOGIN": 3, "SELECT": 1, "APPEND": 1, "FETCH": 1, "IDLE": 1}
    assert now["bytes_in"] > 100 * len(MAIL) and now["bytes_out"] > 100 * len(MAIL)
    for c in (plain, secure, stranger):
        c.close()
    gone = until(lambda: (w := says(service)["imap-0"])["sessions"] == 0 and w)
    assert gone["connections"] == 3 and gone["selected"] == 0


def test_deliveries_are_counted(private):
    service = private(init=("--frontends", "1"))
    service.user_add("anna")
    service.user_add("full", quota=10)
    lmtp = service.lmtp_client()
    lmtp.deliver(MAIL, "anna", "nobody", "full")
    lmtp.deliver(MAIL, "anna")
    words = says(service)["lmtp-0"]
    assert words["role"] == "lmtp"
    assert (words["sessions"], words["connections"], words["deliveries"], words["refusals"]) == (1, 1, 2, 2)
    assert words["bytes_in"] > 2 * len(MAIL)
    lmtp.close()


def test_restarts_are_counted_and_the_new_process_answers(private):
    service = private(init=("--frontends", "2"))
    old = service.kill("imap", index=0)

    def restarted():
        status = service.roost("status", "--json", check=False)
        return b'"restarts": 1' in status.stdout and status.returncode == 0
    until(restarted)
    p, = [p for p in service.status()["processes"] if p["name"] == "imap-0"]
    assert p["restarts"] == 1 and p["last_end"] == "signal 9" and p["pid"] != old
    assert p["says"]["pid"] == p["pid"] and p["says"]["connections"] == 0
    others = [q["restarts"] for q in service.status()["processes"] if q["name"] != "imap-0"]
    assert others == [0] * len(others)
