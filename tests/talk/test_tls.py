"""TLS of the whole service: versions, certificates by name, certificates that change while sessions go on."""
import contextlib
import os
import signal
import socket
import ssl
import subprocess
import warnings

import pytest

from client import Client, SLOW, until

LARGE = b"Subject: large\r\n\r\n" + b"0123456789abcdef\r\n" * 300_000


def make_certificate(folder, name, *hosts):
    """folder/name.pem and name.key, for these names."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3",
                    "-subj", f"/CN={hosts[0]}", "-addext", "subjectAltName=" + ",".join(f"DNS:{h}" for h in hosts),
                    "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"], check=True, capture_output=True)


def context(lo=None, hi=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if lo:
            c.minimum_version = lo
        if hi:
            c.maximum_version = hi
    return c


def der(path):
    return ssl.PEM_cert_to_DER_cert(path.read_text())


def shown(where, name=None):
    """The certificate a new handshake sees."""
    with socket.create_connection(where, timeout=10) as s, context().wrap_socket(s, server_hostname=name) as t:
        return t.getpeercert(True)


@pytest.fixture
def named(private):
    """A service with a second certificate, of *.second.example."""
    service = private(init=("--frontends", "1"))
    folder = service.folder / "tls"
    make_certificate(folder, "second", "second.example", "*.second.example")
    with open(service.folder / "roost.conf", "a") as conf:
        conf.write('tls {\n\tcert = "tls/second.pem"\n\tkey = "tls/second.key"\n}\n')
    service.restart()
    service.tls = folder
    return service


def reload(service, log_word="certificates_reloaded"):
    n = service.log().count(log_word)
    os.kill(service.process.pid, signal.SIGHUP)
    until(lambda: service.log().count(log_word) > n)


def replace(service, name, *hosts):
    """As certbot does: new files beside the old, then renamed over them."""
    make_certificate(service.tls, "fresh", *hosts)
    key = service.tls / ("key.pem" if name == "cert" else f"{name}.key")
    os.rename(service.tls / "fresh.key", key)
    os.rename(service.tls / "fresh.pem", service.tls / f"{name}.pem")


# ---- versions ----

@pytest.mark.parametrize("how", ["imaps", "starttls"])
@pytest.mark.parametrize("version, name", [(ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3")])
def test_versions_spoken(user, how, version, name):
    c = Client(user.service.imaps if how == "imaps" else user.service.imap, greeted=False)
    if how == "imaps":
        c.wire.secure(context(version, version))
        c.line()
    else:
        c.line()
        c.starttls(context(version, version))
    assert c.wire.sock.version() == name
    c.login(user.name)
    c.select()
    c.logout()


def test_older_versions_are_refused(service):
    old = context(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
    old.set_ciphers("ALL:@SECLEVEL=0")
    for secure in (lambda s: s, starttls_by_hand):
        where = service.imap if secure is starttls_by_hand else service.imaps
        with socket.create_connection(where, timeout=10) as s, pytest.raises(ssl.SSLError):
            old.wrap_socket(secure(s))
    assert shown(service.imaps)


def starttls_by_hand(s):
    s.recv(1000)
    s.sendall(b"1 STARTTLS\r\n")
    s.recv(1000)
    return s


def test_a_handshake_of_nonsense_costs_only_itself(user):
    with socket.create_connection(user.service.imaps, timeout=10) as s:
        s.sendall(b"a1 LOGIN plain words\r\n" * 100)
        with contextlib.suppress(ConnectionError):
            while s.recv(1000):
                pass
    user.client("a", "INBOX", tls=True).ok("NOOP")


# ---- names ----

def test_certificate_is_chosen_by_name(named):
    first, second = der(named.tls / "cert.pem"), der(named.tls / "second.pem")
    assert shown(named.imaps) == first
    assert shown(named.imaps, "elsewhere.example") == first
    assert shown(named.imaps, "second.example") == second
    assert shown(named.imaps, "mail.second.example") == second
    c = named.client()
    c.starttls(context(), "second.example")
    assert c.wire.sock.getpeercert(True) == second
    c.close()


# ---- certificates that change ----

def test_old_sessions_live_on_and_new_handshakes_see_the_new_certificate(named):
    user = named.user_add("anna")
    a, idler = user.client("a", "INBOX", tls=True), user.client("idler", "INBOX", tls=True)
    a.append(mail=LARGE)
    assert idler.ok("NOOP").exists == 1
    reader = user.client("reader", "INBOX", tls=True)
    tag = reader.start("FETCH 1 BODY.PEEK[]")
    reader.wire.more()                                  # the rest is still with the server
    old = [der(named.tls / "cert.pem"), der(named.tls / "second.pem")]
    with idler.idle():
        replace(named, "cert", "first.example")
        replace(named, "second", "second.example")
        reload(named)
        now = [shown(named.imaps), shown(named.imaps, "second.example")]
        assert now == [der(named.tls / "cert.pem"), der(named.tls / "second.pem")] and not set(now) & set(old)
        a.append()
        idler.expect("* 2 EXISTS")
    assert reader.reply(tag).fetched[1]["BODY[]"] == LARGE
    b = user.client("b", tls=True)
    for c in (a, idler, reader, b):
        assert c.wire.sock.getpeercert(True) == (now[0] if c is b else old[0])
        c.logout()


@pytest.mark.parametrize("broken", ["garbage", "empty", "absent", "wrong key"])
def test_a_broken_certificate_changes_nothing_and_is_logged(named, broken):
    user = named.user_add("anna")
    a = user.client("a", "INBOX", tls=True)
    cert = named.tls / "second.pem"
    good = [der(named.tls / "cert.pem"), der(cert)]
    make_certificate(named.tls, "cert", "new.example")          # this one could be loaded, but not without its key
    os.rename(named.tls / "cert.key", named.tls / "key.pem")
    if broken == "absent":
        cert.unlink()
    elif broken == "wrong key":
        make_certificate(named.tls, "other", "other.example")
        os.rename(named.tls / "other.key", named.tls / "second.key")
    else:
        cert.write_text("" if broken == "empty" else "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    at_fault = "second.key" if broken == "wrong key" else "second.pem"
    reload(named, " tls what=")
    assert any(at_fault in line and "ERROR" in line.upper() for line in named.log().splitlines() if " tls what=" in line)
    assert [shown(named.imaps), shown(named.imaps, "second.example")] == good
    a.ok("NOOP")
    make_certificate(named.tls, "second", "second.example")
    reload(named)
    assert shown(named.imaps, "second.example") == der(cert)
    a.logout()


# ---- STARTTLS ----

def test_starttls_changes_what_is_offered(private):
    service = private("allow_plaintext = never")
    service.user_add("anna")
    c = service.client()
    before = c.capabilities()
    c.starttls()
    after = c.capabilities()
    assert before - after == {"STARTTLS", "LOGINDISABLED"} and {"AUTH=PLAIN", "AUTH=LOGIN"} <= after - before
    c.login("anna")
    c.bad("STARTTLS")
    c.logout()


def test_starttls_that_waited_behind_a_login(user):
    """It came too early and lay in the backlog: the handshake must be read all the same."""
    c = user.service.client("c")
    c.wire.send(b'1 LOGIN "%s" "wrong"\r\n2 STARTTLS\r\n' % user.name.encode())
    assert c.reply("1").status_word == "NO"
    assert c.reply("2").status_word == "OK"
    c.wire.secure()
    c.login(user.name)
    c.close()


def test_gone_in_the_middle_of_starttls(user):
    for more in (b"", b"\x16\x03\x01"):
        c = user.service.client("c")
        c.ok("STARTTLS")
        c.wire.send(more)
        c.close()
    user.client("a", "INBOX", tls=True).ok("NOOP")


def test_a_handshake_that_never_ends_is_cut(private):
    service = private("login_timeout = 1s")
    for where in (service.imap, service.imaps):
        with socket.create_connection(where, timeout=20 * SLOW) as s:
            if where == service.imap:
                starttls_by_hand(s)
            while s.recv(1000):
                pass


@pytest.mark.cap("LOGINDISABLED")
def test_no_password_in_the_clear_from_afar(private):
    """Loopback is trusted by default; the machine's own other address is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("198.51.100.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        own = s.getsockname()[0]
    service = private()
    service.user_add("anna")
    port = service.imap[1]
    service.configure(f'imap = {{"127.0.0.1:{port}", "{own}:{port}"}}')
    service.restart()
    near, far = service.client(), Client((own, port))
    assert "LOGINDISABLED" not in near.capabilities() and "AUTH=PLAIN" in near.capabilities()
    assert "LOGINDISABLED" in far.capabilities() and "AUTH=PLAIN" not in far.capabilities()
    assert "LOGINDISABLED" in far.greeting.text
    far.no("LOGIN anna pw", code="PRIVACYREQUIRED")
    far.no("AUTHENTICATE PLAIN AGFubmEAcHc=", code="PRIVACYREQUIRED")
    far.starttls()
    far.login("anna")
    near.login("anna")
    near.close()
    far.close()


# ---- resumption, and another client's eyes ----

@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_resume(named, version):
    named.user_add("anna")
    ctx = context(version, version)

    def secure(session):
        t = ctx.wrap_socket(socket.create_connection(named.imaps, timeout=10), session=session)
        assert t.recv(1000).startswith(b"* OK")         # the tickets of TLS 1.3 come before it
        return t
    with secure(None) as one:
        assert not one.session_reused
        session = one.session
    with secure(session) as two:
        assert two.session_reused
    reload(named)
    with secure(session) as three:
        assert three.session_reused
        three.sendall(b"1 LOGIN anna pw\r\n")
        assert b"1 OK" in three.recv(10000)


def test_a_session_resumes_at_any_frontend(private):
    """The kernel spreads connections over four processes; all open the ticket of one."""
    service = private(init=("--frontends", "4"))
    ctx = context(ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)
    session = None
    for i in range(24):
        with ctx.wrap_socket(socket.create_connection(service.imaps, timeout=10), session=session) as t:
            assert t.recv(1000).startswith(b"* OK")
            assert t.session_reused == (i > 0), i
            session = session or t.session


def s_client(where, *words, said=b""):
    return subprocess.run(["openssl", "s_client", "-connect", f"{where[0]}:{where[1]}", "-quiet", "-crlf", *words],
                          input=said, capture_output=True, timeout=30 * SLOW, check=False)


@pytest.mark.parametrize("words", [("-tls1_2",), ("-tls1_3",), ("-starttls", "imap")])
def test_openssl_holds_a_conversation(user, words):
    where = user.service.imap if "-starttls" in words else user.service.imaps
    trust = ("-CAfile", user.service.folder / "tls/cert.pem", "-verify_return_error", "-verify_hostname", "localhost")
    said = f"a LOGIN {user.name} pw\nb SELECT INBOX\nc LOGOUT\n".encode()
    done = s_client(where, *words, *trust, said=said)
    for line in (b"a OK", b"b OK", b"* BYE", b"c OK"):
        assert line in done.stdout, (done.stdout, done.stderr)


def test_openssl_too_old_is_refused(service):
    done = s_client(service.imaps, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    assert done.returncode != 0 and b"OK" not in done.stdout


def test_closed_is_said_goodbye(service):
    """LOGOUT over TLS ends with close_notify, not with a cut that a client must take for an attack."""
    with socket.create_connection(service.imaps, timeout=10) as s, \
            context().wrap_socket(s, suppress_ragged_eofs=False) as t:
        t.sendall(b"1 LOGOUT\r\n")
        while t.recv(1000):
            pass
