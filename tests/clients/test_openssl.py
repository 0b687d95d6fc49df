"""openssl s_client: which TLS we speak, and that the certificate is the one the folder holds."""
import pytest

from program import run

SAY = b"a LOGIN %s pw\r\nb SELECT INBOX\r\nc LOGOUT\r\n"


def s_client(service, certificate, *words, **how):
    return run("openssl", "s_client", "-CAfile", certificate, "-verify_return_error", "-verify_hostname", "localhost", *words, **how)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("way", ["imaps", "starttls"])
def test_speaks(service, user, certificate, version, way):
    where = ["-connect", f"127.0.0.1:{service.imaps[1]}"] if way == "imaps" else \
        ["-connect", f"127.0.0.1:{service.imap[1]}", "-starttls", "imap"]
    said = s_client(service, certificate, *where, version, "-quiet", "-ign_eof", input=SAY % user.name.encode()).stdout
    assert b"\r\na OK" in said or said.startswith(b"a OK")
    assert b"\r\nb OK" in said and b"\r\nc OK" in said


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_too_old(service, certificate, version):
    said = s_client(service, certificate, "-connect", f"127.0.0.1:{service.imaps[1]}", version, "-cipher",
                    "DEFAULT:@SECLEVEL=0", code=1)
    assert b"alert protocol version" in said.stderr


def test_resumes(service, certificate, tmp_path):
    """A ticket spares the second handshake, at the process that gave it: of two, one of a few tries reaches it."""
    where = ["-connect", f"127.0.0.1:{service.imaps[1]}", "-tls1_2"]
    s_client(service, certificate, *where, "-sess_out", tmp_path / "session", input=b"Q\n")
    tries = (s_client(service, certificate, *where, "-sess_in", tmp_path / "session", input=b"Q\n").stdout for _ in range(30))
    assert any(b"Reused, TLSv1.2" in said for said in tries)
