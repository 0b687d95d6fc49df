"""Whoever asks for what cannot be, or cannot get in, is told what is missing and what to do: one line, and the man page's exit code."""
import socket
import threading

import pytest

from servers import load

WRONG = [
    (["run", "body"], "where is the server? Say --imap ADDR:PORT"),
    (["run", "login-tls"], "Say --imaps ADDR:PORT"),
    (["run"], "a scenario or --mix file"),
    (["run", "nothing"], 'no scenario "nothing"'),
    (["fill"], "--letters N, or --eml FOLDER"),
    (["import", "--folders", "3"], "--letters N, or --eml FOLDER"),
    (["run", "import"], "--letters N, or --eml FOLDER"),
    (["fill", "body"], "fill takes options only"),
    (["fill", "--letters", "3", "--seconds", "5"], "leave --rounds, --seconds"),
    (["import", "--letters", "3", "--rate", "5"], "leave --rounds, --seconds"),
    (["run", "body", "--letters", "3"], "body has no use for --letters"),
    (["run", "body", "--folders", "3"], "body has no use for --folders (status, list-status, import"),
    (["run", "deliver", "--batch", "3"], "deliver has no use for --batch"),
    (["run", "store", "--one-in", "3"], "store has no use for --one-in"),
    (["run", "login", "--day", "3"], "login has no use for --day"),
    (["run", "deliver", "--recipients", "3", "--users", "2"], "--recipients 3 need as many --users"),
    (["run", "body", "--rate", "5", "--rounds", "3"], "leave --seconds, --warmup and --rate out"),
    (["run", "body", "--rounds", "3", "--seconds", "3"], "leave --seconds"),
    (["run", "idle", "--rate", "5"], "a pace of its own"),
    (["run", "phone", "--rate", "5"], "a pace of its own"),
    (["run", "body", "--rate", "5", "--think", "1"], "leave --think out"),
    (["run", "body", "--bytes", "2000", "--sizes", "1024:4096"], "leave one out"),
    (["run", "body", "--bytes", "77"], "at least 1024 octets"),
    (["run", "body", "--eml", "/nowhere"], "/nowhere cannot be read"),
    (["run", "qresync", "--connections", "3", "--users", "2"], "each connection needs a user for itself: --users 3"),
]


@pytest.mark.parametrize("words, told", WRONG, ids=[" ".join(w) for w, _ in WRONG])
def test_wrong_usage(words, told):
    server = [] if "Say --imap" in told else ["--imap", "127.0.0.1:1", "--lmtp", "127.0.0.1:1"]
    status, report, said = load(*words, *server)
    assert status == 2 and report is None and told.lower() in said.lower() and said.count("\n") == 1, said


def test_an_option_of_no_use_to_its_scenario_in_a_mix(tmp_path):
    mix = tmp_path / "some.mix"
    mix.write_text("1 copy batch=3\n1 body batch=3\n")
    status, _, said = load("run", "--mix", mix, "--imap", "127.0.0.1:1")
    assert status == 2 and "body has no use for batch" in said, said
    mix.write_text("1 copy\n1 body\n")
    assert load("run", "--mix", mix, "--imap", "127.0.0.1:1", "--batch", 3)[0] == 3       # copy has


@pytest.mark.parametrize("words", [("noop",), ("login", "--seconds", 30), ("import", "--letters", 3)])
def test_nobody_there(words):
    verb = () if words[0] == "import" else ("run",)
    status, _, said = load(*verb, *words, "--imap", "127.0.0.1:1", timeout=20)
    assert status == 3 and "user0001: cannot connect to 127.0.0.1:1: Connection refused\n" in said, said


@pytest.mark.parametrize("scenario", ["noop", "login"])
def test_a_server_that_hangs_up_at_once(scenario):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def hang_up():
            while True:
                try:
                    listener.accept()[0].close()
                except OSError:
                    return
        threading.Thread(target=hang_up, daemon=True).start()
        address = "127.0.0.1:%d" % listener.getsockname()[1]
        status, _, said = load("run", scenario, "--imap", address, "--connections", 3)
        listener.shutdown(socket.SHUT_RDWR)
    assert status == 3 and f"{address} closes connections without a greeting\n" in said, said


def test_where_no_tls_is_spoken(null):
    address = null().options()[1]
    status, _, said = load("run", "login-tls", "--imaps", address)
    assert status == 3 and f"cannot connect to {address}: no TLS is spoken there" in said, said


def test_a_wrong_password(server):
    status, report, said = load("run", "noop", *server.options(), "--password", "wrong", "--users", 1, "--rounds", 2)
    assert status == 3 and "could not begin: noop, user0001: login: a NO" in said, said
    assert not report["good"]


def test_mailboxes_without_letters(null):
    status, _, said = load("run", "body", *null("--letters", 0).options(), "--rounds", 1)
    assert status == 1 and "roost-load fill puts them there\n" in said, said
