"""Writing mails by hand, odd ones above all."""

HEAD = (
    b"From: Ana Alves <ana@org-a.example>\r\nTo: atendimento@instituicoes.example\r\nSubject: Nota\r\n"
    b"Message-ID: <m1@org-a.example>\r\nDate: Sun, 22 Nov 2026 10:00:00 -0300\r\n"
)


def plain(text: bytes = b"Bom dia.", *headers: bytes) -> bytes:
    """A mail from Ana with more headers and a body."""
    return HEAD + b"".join(header + b"\r\n" for header in headers) + b"\r\n" + text


def from_(value: bytes) -> bytes:
    """A mail with exactly this From value."""
    return b"From: " + value + b"\r\nSubject: s\r\n\r\nx"


def multipart(*parts: bytes, kind: bytes = b"mixed", boundary: bytes = b"b", closed: bool = True) -> bytes:
    """A multipart mail; each part is its own headers, an empty line, and its body."""
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    end = b"--" + boundary + b"--\r\n" if closed else b""
    return plain(body + end, b"Content-Type: multipart/" + kind + b"; boundary=" + boundary)


TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nOl\xc3\xa1"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Ol\xc3\xa1 <b>HTML</b></p>"
