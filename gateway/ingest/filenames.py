"""Names of files as strangers give them, made fit to be shown; never used as a path (SECURITY.md P12)."""

import re
import unicodedata

MAX_FILENAME = 150
# Marks that turn the direction of writing or take no room: they make `exe` look like `pdf`.
_DECEIVING = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_RESERVED = re.compile(r'[<>:"|?*]')
_EXTENSIONS = {
    "application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif",
    "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv",
    "message/rfc822": ".eml", "message/delivery-status": ".txt", "application/zip": ".zip",
    "application/ms-tnef": ".dat", "application/pgp-signature": ".asc", "application/pkcs7-signature": ".p7s",
}  # fmt: skip


def clean_filename(name: str, content_type: str = "") -> str:
    """`name` without its folders and tricks, at most 150 characters; one from the type where it has none."""
    name = _CONTROLS.sub("", _DECEIVING.sub("", name[-4_000:]))
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    name = " ".join(_RESERVED.sub("_", name).split()).lstrip(". ").rstrip(". ")
    if not name:
        return f"attachment{_EXTENSIONS.get(content_type, '')}"
    stem, dot, extension = name.rpartition(".")
    if len(name) > MAX_FILENAME and dot and len(extension) <= 16:
        return f"{stem[: MAX_FILENAME - 1 - len(extension)]}.{extension}"
    return name[:MAX_FILENAME]
