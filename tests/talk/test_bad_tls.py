"""TLS that is not TLS, stops in the middle, or had company before it began (RFC 8314, RFC 9051 6.2.1 and 11.1)."""
import contextlib
import os
import socket
import ssl
import time

import pytest

from client import SLOW, Closed, Timeout
from hardship import hardship, nothing_leaks


def raw(service):
    return socket.create_connection(service.imaps, timeout=10 * SLOW)


def all_it_says(service, data):
    """Sends that and no more; it may be hung up on while it does."""
    sock = raw(service)
    with contextlib.suppress(OSError):
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
    return sock


def first_flight():
    """A ClientHello, as OpenSSL writes it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    out = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), out)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


def hung_up(sock):
    """Reads to the end; nothing of IMAP is said on the way."""
    said = b""
    try:
        while got := sock.recv(65536):
            said += got
    except ConnectionError:
        pass
    sock.close()
    assert b"* OK" not in said and b" completed" not in said
    return said


NONSENSE = {"plain": b"x LOGIN ann pw\r\nx SELECT INBOX\r\n", "http": b"GET / HTTP/1.0\r\n\r\n", "zeros": b"\0" * 10_000, "ones": b"\xff" * 10_000,
            "ssl2": b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + b"a" * 40, "record-65535": b"\x16\x03\x01\xff\xff" + b"\x01" * 65535,
            "alert": b"\x15\x03\x01\x00\x02\x02\x28", "data-first": b"\x17\x03\x03\x00\x05hello", "hello-of-hellos": b"\x16\x03\x01\x00\x04\x01\xff\xff\xff" * 1000,
            "ssl3": b"\x16\x03\x00\x00\x2f\x01\x00\x00\x2b\x03\x00" + b"r" * 41}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense(user, name):
    with hardship(user, mib=2), nothing_leaks(user.service):
        for _ in range(20):
            hung_up(all_it_says(user.service, NONSENSE[name]))


def test_handshake_cut_anywhere(user):
    hello = first_flight()
    with hardship(user, seconds=20, mib=4), nothing_leaks(user.service):
        for n in range(0, len(hello), 7):
            sock = raw(user.service)
            sock.sendall(hello[:n])
            sock.close()
        for n in range(0, len(hello), 37):               # and somewhat politer
            hung_up(all_it_says(user.service, hello[:n]))
        for at in range(0, len(hello), 5):               # and whole, but wrong
            hung_up(all_it_says(user.service, hello[:at] + bytes([hello[at] ^ 0xff]) + hello[at + 1:]))


def test_handshake_byte_by_byte(user):
    """Slow, but right."""
    with hardship(user):
        sock = raw(user.service)
        for byte in first_flight():
            sock.sendall(bytes([byte]))
        assert sock.recv(1)[0] == 0x16                   # a handshake record: ServerHello
        sock.close()


def test_half_a_handshake_of_many(user):
    """Two hundred who began and went silent cost little, and nobody waits for them."""
    hello = first_flight()
    with hardship(user, mib=24), nothing_leaks(user.service, 8 << 20):
        waiting = [raw(user.service) for _ in range(200)]
        for sock in waiting:
            sock.sendall(hello[:100])
        user.client("a", "INBOX", tls=True).append()
        for sock in waiting:
            sock.close()
        user.close()


def test_handshake_never_ends(private):
    """The time to log in counts from the first byte."""
    service = private("login_timeout = 1s")
    service.user_add("ann")
    sock = raw(service)
    start = time.monotonic()
    sock.sendall(first_flight()[:50])
    hung_up(sock)
    assert time.monotonic() - start < 4 * SLOW


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions(user, version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, version
    with hardship(user), pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(raw(user.service))


def test_broken_records_later(user):
    """A session is well under way when its records turn to noise: it ends, and nothing that came before the noise is lost."""
    with hardship(user), nothing_leaks(user.service):
        a = user.client("a", "INBOX", tls=True)
        a.append()
        os.write(a.wire.sock.fileno(), b"\x17\x03\x03\x00\x20" + b"n" * 32)
        with pytest.raises((Closed, Timeout)):
            while True:
                a.line(2 * SLOW)
        user.close()
    assert user.client("b", "INBOX").ok("STATUS INBOX (MESSAGES)").status["INBOX"]["MESSAGES"] == 1
    user.close()


# ---- STARTTLS with company (CVE-2011-0411 and its kin) ----

@pytest.mark.parametrize("injected", [b"y LOGIN {user} pw\r\n", b"y CAPABILITY\r\n" * 100, b"y LOGIN {5+}\r\n", b"y CREATE evil", b"\0\0\0"])
def test_injected(user, injected):
    """What came with STARTTLS in the clear is never carried out, neither before nor under TLS."""
    with hardship(user):
        c = user.service.client("c")
        c.wire.send(b"x STARTTLS\r\n" + injected.replace(b"{user}", user.name.encode()))
        assert c.reply("x").status_word == "OK"
        try:
            c.wire.secure()
        except (ssl.SSLError, ConnectionError):
            return                                       # to hang up on such a client is right, too
        c.wire.send(b"z1 NOOP\r\n")
        assert c.line().tag == "z1"
        c.bad("SELECT INBOX")                            # nobody is logged in
        c.login(user.name)
        assert set(c.ok('LIST "" *').listed) == {"INBOX"}


def test_a_command_cut_by_starttls(user):
    """Half a command before, the other half after: they do not meet."""
    with hardship(user):
        c = user.service.client("c")
        c.wire.send(b"x STARTTLS\r\ny LOGIN %s " % user.name.encode())
        assert c.reply("x").status_word == "OK"
        try:
            c.wire.secure()
        except (ssl.SSLError, ConnectionError):
            return
        c.wire.send(b"pw\r\nz NOOP\r\n")
        assert c.line().kind == "BAD"
        assert c.reply("z").status_word == "OK"
        c.bad("SELECT INBOX")


def test_plain_words_after_starttls(user):
    with hardship(user), nothing_leaks(user.service):
        c = user.service.client("c")
        c.ok("STARTTLS")
        c.wire.send(f"x LOGIN {user.name} pw\r\n".encode())
        said = hung_up(c.wire.sock)
        assert b"LOGIN" not in said


def test_slow_reader_under_tls(user):
    """A large body to somebody who stopped reading, encrypted: no more memory than in the clear."""
    a = user.client("a", "INBOX", tls=True)
    a.append(mail=b"Subject: large\r\n\r\n" + b"0123456789abcde\r\n" * 1_000_000)
    with hardship(user, mib=1):
        a.start("FETCH 1 BODY.PEEK[]")
        a.wire.take(1000)
        time.sleep(0.3 * SLOW)
    user.close()
