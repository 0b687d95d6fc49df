"""The letters that are sent, read by somebody else's parser: Python's."""
import email
import email.policy
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNT = 600


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    folder = tmp_path_factory.mktemp("letters")
    subprocess.run([ROOT / "build/tests/write_letters", folder, str(COUNT), "1024", "100000"], check=True, timeout=60)
    octets = {n: (folder / f"{n}.eml").read_bytes() for n in range(1, COUNT + 1)}
    return {n: (one, email.message_from_bytes(one, policy=email.policy.default)) for n, one in octets.items()}


def parts(letters):
    for n, (_, message) in letters.items():
        for part in message.walk():
            yield n, part


def test_nothing_is_broken(letters):
    for n, part in parts(letters):
        assert not part.defects, (n, part.defects)
        for name, value in part.items():
            assert not getattr(value, "defects", None) or name.lower() == "content-type", (n, name, value, value.defects)


def test_text_is_text_of_its_charset(letters):
    charsets = set()
    for n, part in parts(letters):
        if part.get_content_maintype() == "text" and part.get_content_charset():
            text = part.get_payload(decode=True).decode(part.get_content_charset(), errors="strict")
            assert text.strip(), n
            charsets.add(part.get_content_charset())
    assert charsets >= {"us-ascii", "utf-8", "iso-8859-1", "iso-8859-2", "iso-8859-15", "windows-1252", "koi8-r", "windows-1251", "gb2312",
                        "gb18030", "iso-2022-jp", "shift_jis", "euc-kr"}


def test_names_and_subjects_are_words(letters):
    for n, (_, message) in letters.items():
        for field in (message["subject"], message["from"], message["to"]):
            assert field and "=?" not in field and "\ufffd" not in field, (n, field)
        assert message["message-id"] == f"<1-{n}@load.example>"
        assert message["from"].addresses[0].domain == "load.example"
        assert message["date"].datetime.year in (2024, 2025)


def test_encodings_and_kinds_are_all_there(letters):
    encodings = {part["content-transfer-encoding"] for _, part in parts(letters) if not part.is_multipart()}
    assert encodings >= {"7bit", "8bit", "quoted-printable", "base64"}
    kinds = {message.get_content_type() for _, message in letters.values()}
    assert kinds == {"text/plain", "multipart/alternative", "multipart/mixed", "multipart/related", "multipart/report"}
    attached = {part.get_filename() for _, part in parts(letters) if part.get_filename()}
    assert attached == {"Rechnung für März.pdf", "lake.jpg", "forwarded.eml"}


def test_8_bit_octets_are_announced(letters):
    for n, (octets, message) in letters.items():
        head = octets[:octets.index(b"\r\n\r\n")]
        assert head.isascii(), n
        if not octets.isascii():
            assert message["content-transfer-encoding"] == "8bit", n
