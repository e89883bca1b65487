"""A file's type is believed only where its first bytes agree (SECURITY.md H02, H03, P14)."""

import base64
import io
import socket
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ingest.files import OCTETS, believed_type
from gateway.ingest.mime import read_mail

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 24
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504
TNEF = b"\x78\x9f\x3e\x22\x01\x00"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PAGE = b"<html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?>\n<!-- x --><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
EXE = b"MZ\x90\x00" + b"\x00" * 60
ELF = b"\x7fELF\x02\x01\x01" + b"\x00" * 57


def zipped(name: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, "x")
    return held.getvalue()


CASES = [
    # what is claimed, what the bytes are, what is believed
    ("image/png", PNG, "image/png"),
    ("image/png; name=x.png", PNG, "image/png"),
    ("IMAGE/PNG", PNG, "image/png"),
    ("image/jpg", JPEG, "image/jpeg"),
    ("image/png", JPEG, OCTETS),
    ("image/gif", b"GIF89a\x01\x00\x01\x00", "image/gif"),
    ("application/pdf", PDF, "application/pdf"),
    ("application/x-pdf", PDF, "application/pdf"),
    ("application/zip", zipped("a.txt"), "application/zip"),
    ("application/x-zip-compressed", zipped("a.txt"), "application/zip"),
    (DOCX, zipped("[Content_Types].xml"), DOCX),
    (DOCX, OLE, OCTETS),
    ("application/msword", OLE, "application/msword"),
    ("application/msword", zipped("word/document.xml"), OCTETS),
    ("application/java-archive", zipped("META-INF/MANIFEST.MF"), OCTETS),
    ("application/ms-tnef", TNEF, "application/ms-tnef"),
    ("application/vnd.ms-tnef", TNEF, "application/ms-tnef"),
    ("application/pkcs7-signature", b"\x30\x82\x0b\x00\x06\x09", "application/pkcs7-signature"),
    ("application/x-pkcs7-mime", PAGE, OCTETS),
    ("application/pgp-encrypted", b"Version: 1\n", "application/pgp-encrypted"),
    ("message/external-body", b"Content-Type: text/plain\n\n", OCTETS),
    ("message/rfc822", b"From: ana@org-a.example\r\nSubject: x\r\n\r\nx", "message/rfc822"),
    ("audio/ogg", b"OggS\x00\x02" + b"\x00" * 22, "audio/ogg"),
    ("", PNG, "image/png"),
    ("application/octet-stream", PDF, OCTETS),
    ("application/octet-stream", b"words", OCTETS),
    ("text/plain", b"ol\xc3\xa1\r\n\tmundo\x0c", "text/plain"),
    ("text/plain", "olá".encode("latin-1"), "text/plain"),
    ("text/plain", b"", "text/plain"),
    ("text/plain", "\ufeffolá".encode("utf-16-le"), "text/plain"),
    ("text/plain", "olá".encode("utf-16-le"), OCTETS),
    ("text/plain", b"a\x00b", OCTETS),
    ("text/plain", b"1 < 2 e 3 > 2", "text/plain"),
    ("text/csv", b"a;b\n1;2\n", "text/csv"),
    ("text/calendar", b"BEGIN:VCALENDAR\r\n", "text/calendar"),
    ("text/csv", PNG, OCTETS),
    ("application/json", b'{"a": 1}', "application/json"),
]
HOSTILE = [("html", PAGE), ("comment first", b"\n<!-- x -->\n<HTML>"), ("doctype", b"  <!DOCTYPE html><p>"),
           ("marked", b"\xef\xbb\xbf<script>x</script>"), ("utf-16", "\ufeff<script>".encode("utf-16-le")),
           ("svg", SVG), ("xml", b"<?xml version='1.0'?><x:html xmlns:x='http://www.w3.org/1999/xhtml'/>"),
           ("exe", EXE), ("elf", ELF), ("script", b"#!/bin/sh\nrm x\n"), ("java", b"\xca\xfe\xba\xbe\x00\x00\x00\x34"),
           ("shortcut", b"L\x00\x00\x00\x01\x14\x02\x00"), ("php", b"<?php x(); ?>")]  # fmt: skip
CLAIMS = ["", OCTETS, "image/png", "text/plain", "text/html", "image/svg+xml", "application/pdf", "text/xml",
          "application/xhtml+xml", "application/x-msdownload", "application/javascript", "message/rfc822"]  # fmt: skip


@pytest.mark.parametrize(("claimed", "content", "believed"), CASES)
def test_H03_a_claim_counts_only_where_the_bytes_agree(claimed: str, content: bytes, believed: str) -> None:
    assert believed_type(claimed, content) == believed
    assert believed_type(believed, content) == believed, "asked again, as at each download"


@pytest.mark.parametrize("claimed", CLAIMS)
@pytest.mark.parametrize(("_", "content"), HOSTILE, ids=[name for name, _ in HOSTILE])
def test_H02_H03_pages_and_programs_are_octets_under_any_claim(claimed: str, _: str, content: bytes) -> None:
    assert believed_type(claimed, content) == OCTETS


@pytest.mark.parametrize("claimed", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript"])
def test_H02_what_a_browser_would_run_is_never_believed(claimed: str) -> None:
    assert believed_type(claimed, b"innocent words") == OCTETS


@given(st.text(max_size=60), st.binary(max_size=400))
def test_whatever_is_claimed_and_sent_the_answer_is_one_of_ours(claimed: str, content: bytes) -> None:
    believed = believed_type(claimed, content)

    assert believed == OCTETS or believed.isascii()
    assert believed not in ("text/html", "image/svg+xml")
    # Asked again about its own answer it stays with it.
    assert believed_type(believed, content) == believed


def test_many_comments_are_walked_once() -> None:
    assert believed_type("text/plain", b"<!--x-->" * 1000) == "text/plain"


def test_P11_a_bomb_is_looked_at_and_never_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\x00" * 20_000_000)
    content = bomb.read_bytes()

    assert len(content) < 100_000
    assert believed_type("application/zip", content) == "application/zip"


PARTS = [
    ("message/external-body; access-type=URL; URL=\"http://127.0.0.1:9/x\"", b"Content-Type: text/plain\r\n\r\n", OCTETS),
    ("image/png; name=a.png", PNG, "image/png"),
    ("application/ms-tnef; name=winmail.dat", b"\x78\x9f\x3e\x22 broken", "application/ms-tnef"),
    ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", b"\x30\x82\x0b\x00", "application/pkcs7-mime"),
    ("application/pgp-encrypted", b"Version: 1\r\n", "application/pgp-encrypted"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "content", "kept"), PARTS, ids=[header.partition(";")[0] for header, _, _ in PARTS])
async def test_P14_what_points_elsewhere_or_is_sealed_is_kept_as_a_file_and_nothing_is_fetched(
    header: str, content: bytes, kept: str
) -> None:
    raw = (
        b"From: ana@org-a.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
        b"--B\r\nContent-Type: text/plain\r\n\r\nola\r\n--B\r\nContent-Type: " + header.encode()
        + b"\r\nContent-Location: http://127.0.0.1:9/y\r\nContent-Disposition: attachment\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(content) + b"--B--\r\n"
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _no_connection)
        mail = read_mail(raw)

    [file] = mail.attachments
    assert believed_type(file.content_type, file.content) == kept


def _no_connection(*_: object) -> None:
    raise AssertionError("something was fetched")
