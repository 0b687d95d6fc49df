"""mails.py: letters that tests send. Written by us."""


def letter(subject="hi", body="body", **headers):
    """A plain letter; headers by name, underscores for dashes."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines = ["From: Ann <ann@test.example>", "To: bob@test.example", f"Subject: {subject}",
             "Date: Mon, 2 Mar 2026 10:00:00 +0100", *lines]
    return ("\r\n".join(lines) + "\r\n\r\n" + body + "\r\n").encode()


MIXED = b"\r\n".join([
    b"From: Ann <ann@test.example>",
    b"Subject: parts",
    b"MIME-Version: 1.0",
    b"Content-Type: multipart/mixed; boundary=cut",
    b"",
    b"--cut",
    b"Content-Type: text/plain; charset=utf-8",
    b"Content-Transfer-Encoding: quoted-printable",
    b"",
    b"caf=C3=A9",
    b"--cut",
    b"Content-Type: application/octet-stream",
    b"Content-Transfer-Encoding: base64",
    b"",
    b"AAECAwQFBgc=",
    b"--cut",
    b"Content-Type: application/x-odd",
    b"Content-Transfer-Encoding: x-odd",
    b"",
    b"????",
    b"--cut--",
    b"",
])
