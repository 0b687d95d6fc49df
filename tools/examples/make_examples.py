#!/usr/bin/python3
"""Writes the example mail of `make run`: OUT/FOLDER is a maildir for each mailbox. The same bytes at every run.

Usage: make_examples.py OUT
"""
import base64
import os
import sys
from email.charset import Charset, QP
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime
from datetime import datetime, timedelta, timezone

DEMO = Address("Demo", "demo", "example.org")
PEOPLE = {
    "anna": Address("Anna Björk", "anna", "example.org"),
    "ben": Address("Ben", "ben", "example.net"),
    "chloe": Address("Chloé Dupont", "chloe", "example.com"),
    "dmitri": Address("Дмитрий", "dmitri", "example.net"),
    "emi": Address("恵美", "emi", "example.jp"),
    "list": Address("Roost talk", "talk", "lists.example.org"),
}
START = datetime(2024, 3, 1, 9, 0, 0, tzinfo=timezone(timedelta(hours=1)))
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


class Maildirs:
    """Collects messages; one clock for all, so that names, dates and message ids are the same at every run."""

    def __init__(self, out):
        self.out = out
        self.count = 0

    def next_date(self):
        self.count += 1
        return START + timedelta(hours=7 * self.count, minutes=self.count)

    def write(self, folder, data, when, flags=""):
        path = os.path.join(self.out, folder)
        for part in ("cur", "new", "tmp"):
            os.makedirs(os.path.join(path, part), exist_ok=True)
        second = int(when.timestamp())
        name = f"{second}.M{self.count}.example"
        target = os.path.join(path, "cur", f"{name}:2,{flags}") if flags else os.path.join(path, "new", name)
        with open(target, "wb") as f:
            f.write(data)
        os.utime(target, (second, second))

    def add(self, message, folder="INBOX", flags=""):
        self.write(folder, message.as_bytes(), message["Date"].datetime, flags)

    def raw(self, text, folder="INBOX", flags="", charset="us-ascii"):
        """Text with {date} and {id} in it, exactly as it stands."""
        when = self.next_date()
        text = text.replace("{date}", format_datetime(when)).replace("{id}", f"<{self.count}@example.org>")
        self.write(folder, text.encode(charset), when, flags)

    def message(self, sender, subject, body=None, to=DEMO, **kw):
        m = EmailMessage()
        m["From"] = PEOPLE.get(sender, DEMO)
        m["To"] = to
        if subject is not None:
            m["Subject"] = subject
        m["Date"] = self.next_date()
        m["Message-ID"] = f"<{self.count}@example.org>"
        if body is not None:
            m.set_content(body, **kw)
        return m


def fix_boundaries(part, name, counter=None):
    """The email package draws random boundaries; these must be the same at every run."""
    counter = counter if counter is not None else [0]
    if part.get_content_maintype() == "multipart":
        counter[0] += 1
        part.set_boundary(f"=_{name}_{counter[0]}")
    if part.is_multipart():
        for sub in part.get_payload():
            fix_boundaries(sub, name, counter)
    return part


def plain_messages(box):
    box.add(box.message("anna", "Welcome to Roost", "Hello,\n\nthis mailbox holds a few dozen example messages of many kinds.\n"
                        "Look around, delete what you like.\n\nAnna\n"), flags="FS")
    box.add(box.message("ben", "A short one", "Yes.\n"), flags="S")
    box.add(box.message("chloe", "Réunion déplacée à jeudi", "Bonjour,\n\nla réunion est déplacée à jeudi, 14 h. À bientôt !\n\nChloé\n"), flags="RS")
    box.add(box.message("dmitri", "Привет из Петербурга", "Здравствуйте!\n\nВсё хорошо, белые ночи уже скоро.\n"))
    box.add(box.message("emi", "来週の予定について", "デモ様\n\n来週の水曜日はいかがでしょうか。\n\n恵美\n"))
    box.add(box.message("ben", "🎉 Release party 🎉", "Bring cake 🍰 and friends 👩‍👩‍👧‍👦!\n", cte="8bit"), flags="F")
    box.add(box.message("anna", "", "The subject of this message is empty.\n"))
    box.add(box.message("anna", None, "This message has no subject at all.\n"), flags="S")
    box.add(box.message("ben", "An empty body", ""))
    box.add(box.message("chloe", "A very long subject that goes on and on, so that it must be folded over several lines by "
                        "whoever sends it and unfolded again by whoever shows it, ünïcödé included", "See above.\n"))
    box.add(box.message("anna", "Long lines", ("word " * 190).strip() + "\n"))
    many = [Address(f"Guest {i}", f"guest{i}", "example.org") for i in range(1, 41)]
    box.add(box.message("anna", "Forty recipients", "You are all invited.\n", to=many))


def charset_messages(box):
    texts = [
        ("iso-8859-1", "Grüße aus Zürich", "Schöne Grüße, bis übermorgen.\n"),
        ("iso-8859-15", "Preis: 20 €", "Das macht 20 €, bitte.\n"),
        ("windows-1252", "“Smart” quotes", "“Quoted” – with dashes… and a €.\n"),
        ("koi8-r", "Письмо в КОИ8-Р", "Старая добрая кодировка.\n"),
        ("windows-1251", "Кириллица", "А это другая кодировка.\n"),
        ("iso-2022-jp", "日本語のメール", "これは ISO-2022-JP です。\n"),
        ("shift_jis", "シフトJIS", "これは Shift_JIS です。\n"),
        ("euc-kr", "한국어 편지", "안녕하세요.\n"),
        ("gb2312", "中文邮件", "你好，世界。\n"),
        ("big5", "繁體中文", "你好，世界。\n"),
        ("iso-8859-7", "Ελληνικά", "Καλημέρα κόσμε.\n"),
        ("utf-8", "שלום עולם", "טקסט מימין לשמאל.\n"),
        ("utf-16", "UTF-16 in base64", "Two octets a letter, and a byte order mark.\n"),
    ]
    for charset, subject, body in texts:
        header_charset = "utf-8" if charset == "utf-16" else charset
        word = base64.b64encode(subject.encode(header_charset)).decode()
        data = base64.encodebytes(body.encode(charset)).decode()
        box.raw(f"From: Charset collector <charsets@example.net>\nTo: demo@example.org\nSubject: =?{header_charset}?B?{word}?=\n"
                "Date: {date}\nMessage-ID: {id}\nMIME-Version: 1.0\n"
                f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: base64\n\n{data}")


def html_messages(box):
    m = box.message("chloe", "Newsletter: spring", "Spring is here. Read us in your browser.\n")
    m.add_alternative("<html><body><h1>Spring</h1><p>is <b>here</b>.</p></body></html>\n", subtype="html")
    box.add(fix_boundaries(m, "news"), flags="S")

    m = box.message("chloe", "With a picture inside", "A picture of one pixel.\n")
    m.add_alternative('<html><body><p>One pixel: <img src="cid:pixel@example.org"></p></body></html>\n', subtype="html")
    m.get_payload()[1].add_related(PIXEL, "image", "png", cid="<pixel@example.org>", filename="pixel.png", disposition="inline")
    box.add(fix_boundaries(m, "picture"))

    box.add(box.message("ben", "Only HTML", "<p>No plain text here, only <i>HTML</i>.</p>\n", subtype="html"))


def attachment_messages(box):
    m = box.message("anna", "Three attachments", "Please find them attached.\n")
    m.add_attachment(b"name,amount\nAnna,12\nBen,7\n", maintype="text", subtype="csv", filename="amounts.csv")
    m.add_attachment(PIXEL, maintype="image", subtype="png", filename="Bild für Ömer.png")
    m.add_attachment(bytes(range(256)) * 300, maintype="application", subtype="octet-stream", filename="all-octets.bin")
    box.add(fix_boundaries(m, "three"), flags="FS")

    inner = box.message("ben", "The innermost message", "Down here it is quiet.\n")
    for depth in range(1, 5):
        outer = box.message("ben", "Fwd: " * depth + "The innermost message", f"See below, level {depth}.\n")
        outer.add_attachment(inner)
        inner = outer
    box.add(fix_boundaries(inner, "nested"))

    m = box.message("chloe", "Invitation: planning", "An invitation to plan.\n")
    m.add_alternative("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:plan@example.com\r\n"
                      "DTSTAMP:20240301T080000Z\r\nDTSTART:20240404T120000Z\r\nDTEND:20240404T130000Z\r\nSUMMARY:Planning\r\n"
                      "END:VEVENT\r\nEND:VCALENDAR\r\n", subtype="calendar", params={"method": "REQUEST"})
    box.add(fix_boundaries(m, "calendar"))

    m = box.message("dmitri", "Signed, or so it looks")
    m.make_mixed()
    m.replace_header("Content-Type", 'multipart/signed; protocol="application/pgp-signature"; micalg=pgp-sha256')
    text, seal = MIMEPart(), MIMEPart()
    text.set_content("This text has a signature that proves nothing.\n")
    seal.set_content("-----BEGIN PGP SIGNATURE-----\n\nbm90IGEgc2lnbmF0dXJl\n-----END PGP SIGNATURE-----\n")
    seal.replace_header("Content-Type", "application/pgp-signature; name=signature.asc")
    m.attach(text)
    m.attach(seal)
    box.add(fix_boundaries(m, "signed"))

    box.raw("From: mailer-daemon@example.net\nTo: demo@example.org\nSubject: Undelivered mail returned to sender\nDate: {date}\n"
            "Message-ID: {id}\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=report\n\n"
            "--report\nContent-Type: text/plain\n\nYour message could not be delivered.\n\n"
            "--report\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.net\n\n"
            "Final-Recipient: rfc822; nobody@example.net\nAction: failed\nStatus: 5.1.1\n\n"
            "--report\nContent-Type: text/rfc822-headers\n\nFrom: demo@example.org\nTo: nobody@example.net\nSubject: hello\n\n--report--\n", flags="S")


def odd_messages(box):
    box.raw("From: flowed@example.net\nTo: demo@example.org\nSubject: Flowed text\nDate: {date}\nMessage-ID: {id}\nMIME-Version: 1.0\n"
            "Content-Type: text/plain; charset=us-ascii; format=flowed; delsp=no\n\n"
            "This paragraph is broken into lines by soft breaks, which \nend in a space, so that a window of any width can \nshow it well.\n\n"
            "> A quoted paragraph flows as \n> well.\n")
    box.raw("From: old@example.net (Somebody Old)\nTo: Friends: demo@example.org, ben@example.net;\nDate: {date}\nSubject: Before MIME\n"
            "Message-ID: {id}\n\nNo MIME headers, a comment for a name, and a group of addresses.\n")
    box.raw("From: broken@example.net\nTo: demo@example.org\nSubject: A boundary that never ends\nDate: {date}\nMessage-ID: {id}\n"
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=lost\n\n--lost\n\nThe closing boundary is missing.\n")
    box.raw("From: latin@example.net\nTo: demo@example.org\nSubject: Gr\xfc\xdfe, unencoded\nDate: {date}\nMessage-ID: {id}\n\n"
            "Eight-bit octets that no header announces: \xe4\xf6\xfc.\n", charset="latin-1")
    box.raw("From: qp@example.net\nTo: demo@example.org\nSubject: =?utf-8?Q?Quoted=E2=80=93printable?=\nDate: {date}\nMessage-ID: {id}\n"
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
            "Soft line=\n breaks, =3D signs, and caf=C3=A9.\n")


def list_threads(box):
    root, last = None, None
    for i in range(12):
        sender = ("anna", "ben", "chloe")[i % 3]
        m = box.message(sender, ("Re: " if i else "") + "[talk] Tabs or spaces?", f"Argument number {i + 1}.\n", to=PEOPLE["list"])
        m["List-Id"] = "Roost talk <talk.lists.example.org>"
        m["List-Unsubscribe"] = "<https://lists.example.org/talk>"
        if last:
            m["In-Reply-To"] = last
            m["References"] = root if root == last else f"{root} {last}"
        last = m["Message-ID"]
        root = root or last
        box.add(m, flags="S" if i < 8 else "")


def other_folders(box):
    for i, name in enumerate(("anna", "ben", "emi")):
        box.add(box.message("demo", "Thank you", "Got it, thank you.\n", to=PEOPLE[name]), "Sent", "S")
    for i in range(6):
        m = box.message("anna", f"Report {i + 1} of 2024", f"Week {i + 1}: nothing happened.\n")
        m.add_attachment("\n".join(f"{n};{n * n}" for n in range(200)), subtype="csv", filename=f"week{i + 1}.csv")
        box.add(fix_boundaries(m, f"report{i}"), "Archive_2024", "S" if i % 2 else "RS")
    box.add(box.message("demo", "Entwurf: Gedicht", "Noch nicht fertig.\n", to=PEOPLE["anna"]), "Drafts", "DS")
    box.add(box.message("demo", None, "To be continued\n"), "Drafts", "D")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    box = Maildirs(sys.argv[1])
    for part in (plain_messages, charset_messages, html_messages, attachment_messages, odd_messages, list_threads, other_folders):
        part(box)


if __name__ == "__main__":
    main()
