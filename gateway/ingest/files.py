"""What kind of file a stranger sent: his word counts only where the first bytes agree (SECURITY.md H03)."""

import re

import filetype

from gateway.ingest.tnef import TNEF_HEAD

OCTETS = "application/octet-stream"
# As much as a signature and a look at text need.
_HEAD = 8192

_ALIASES = {
    "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png", "image/x-ms-bmp": "image/bmp",
    "image/x-icon": "image/vnd.microsoft.icon", "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": "application/zip", "application/x-zip": "application/zip",
    "application/x-gzip": "application/gzip", "application/x-rar": "application/x-rar-compressed",
    "application/vnd.rar": "application/x-rar-compressed", "text/rtf": "application/rtf",
    "audio/mp3": "audio/mpeg", "audio/wav": "audio/x-wav", "audio/x-m4a": "audio/mp4", "audio/m4a": "audio/mp4",
    "audio/opus": "audio/ogg", "video/x-m4v": "video/mp4", "video/avi": "video/x-msvideo",
    "application/vnd.ms-tnef": "application/ms-tnef", "text/x-vcard": "text/vcard", "text/x-log": "text/plain",
    "application/x-pkcs7-signature": "application/pkcs7-signature",
    "application/x-pkcs7-mime": "application/pkcs7-mime",
}  # fmt: skip
# Which signatures carry a type: several of them are only a container's.
_ZIP = {"application/zip"}
_OLE = {"application/x-ole"}
_BELIEVED: dict[str, set[str]] = {
    **{
        kind: {kind}
        for kind in (
            "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/tiff", "image/heic",
            "image/avif", "image/vnd.microsoft.icon", "application/pdf", "application/rtf", "application/zip",
            "application/gzip", "application/x-rar-compressed", "application/x-7z-compressed", "application/x-bzip2",
            "application/x-xz", "application/x-tar", "audio/mpeg", "audio/ogg", "audio/x-wav", "audio/mp4",
            "audio/amr", "audio/aac", "audio/x-flac", "video/mp4", "video/3gpp", "video/x-msvideo",
            "video/mpeg", "video/x-matroska", "application/ms-tnef",
        )
    },
    "image/png": {"image/png", "image/apng"},
    "video/webm": {"video/webm", "video/x-matroska"},
    "video/quicktime": {"video/quicktime", "video/mp4"},
    "audio/mp4": {"audio/mp4", "video/mp4"},
    "application/msword": _OLE, "application/vnd.ms-excel": _OLE, "application/vnd.ms-powerpoint": _OLE,
    "application/vnd.ms-outlook": _OLE,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _ZIP,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _ZIP,
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": _ZIP,
    "application/vnd.oasis.opendocument.text": _ZIP, "application/vnd.oasis.opendocument.spreadsheet": _ZIP,
    "application/vnd.oasis.opendocument.presentation": _ZIP,
}  # fmt: skip
_TEXTS = {
    "text/plain", "text/csv", "text/calendar", "text/markdown", "text/vcard", "application/json", "message/rfc822",
    "message/delivery-status", "application/pgp-signature", "application/pgp-encrypted", "application/pgp-keys",
}  # fmt: skip
# Signed and sealed mail is DER: a sequence whose length is spelled out (ITU-T X.690 8.1).
_DER = re.compile(rb"\x30[\x80-\x84]")
_DERS = {"application/pkcs7-signature", "application/pkcs7-mime", "application/pkix-cert"}

# Whatever a machine would run, under any name.
_PROGRAMS = (
    b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe", b"dex\n", b"\x00asm", b"L\x00\x00\x00\x01\x14\x02\x00",
)  # fmt: skip
_OLE_HEAD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# What a browser would show or run as a page, looked for behind spaces, a byte order mark and comments.
_MARKUP = re.compile(
    # Each comment is one piece: a thousand of them are walked once.
    rb"(?:\s++|(?><!--.*?-->)|(?><\?xml[^>]*\?>))*<(?:!doctype|html|head|body|script|iframe|svg|math|style|title|meta|link|img"
    rb"|object|embed|form|base|table|a\s|\?xml|\?php|%|[a-z]+:[a-z]+\s)",
    re.IGNORECASE | re.DOTALL,
)
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_CONTROL = re.compile(rb"[\x00-\x07\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def believed_type(claimed: str, content: bytes) -> str:
    """The media type under which a file may be kept and shown.

    The claim where it is harmless and the bytes agree; the bytes' own type where nothing is claimed;
    for everything else, pages and programs among them, `application/octet-stream`. Asked about its
    own answer it says the same.
    """
    head = content[:_HEAD]
    kind = claimed.partition(";")[0].strip().lower()
    kind = _ALIASES.get(kind, kind)
    if head.startswith(_PROGRAMS):
        return OCTETS
    if kind in _TEXTS:
        return kind if _is_text(head) else OCTETS
    if kind in _DERS:
        return kind if _DER.match(head) or head.startswith(b"-----BEGIN ") else OCTETS
    found = _signature(head)
    if not kind:
        return found if found in _BELIEVED else OCTETS
    return kind if found in _BELIEVED.get(kind, ()) else OCTETS


def _signature(head: bytes) -> str:
    """The type the first bytes tell, empty when they tell none; of office files only the container's."""
    if head.startswith(_OLE_HEAD):
        return "application/x-ole"
    if head.startswith(TNEF_HEAD):
        return "application/ms-tnef"
    if head.startswith(b"PK\x03\x04"):
        return "application/zip"
    found = filetype.guess(head)
    kind = str(found.mime) if found else ""
    return _ALIASES.get(kind, kind)


def _is_text(head: bytes) -> bool:
    """Whether these bytes are words of people: no page, no controls; UTF-16 only with its mark."""
    for mark, charset in _MARKS:
        if head.startswith(mark):
            head = head[len(mark) :].decode(charset, "replace").encode()
            break
    return not _MARKUP.match(head) and not _CONTROL.search(head)
