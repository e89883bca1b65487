"""Names of files as strangers give them, made fit to be shown; never used as a path (SECURITY.md P12)."""

import re
import unicodedata

MAX_FILENAME = 150
# Marks that turn the direction of writing or take no room: they make `exe` look like `pdf`.
_DECEIVING = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_RESERVED = re.compile(r'[<>:"|?*]')
_EXTENSIONS = {
    "application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "image/jpg": ".jpg", "image/gif": ".gif",
    "image/bmp": ".bmp", "image/tiff": ".tiff", "image/webp": ".webp", "image/heic": ".heic", "image/svg+xml": ".svg",
    "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv", "text/rtf": ".rtf",
    "text/vcard": ".vcf", "text/x-vcard": ".vcf", "text/directory": ".vcf", "text/xml": ".xml",
    "text/rfc822-headers": ".txt", "text/x-amp-html": ".html", "application/ics": ".ics", "application/rtf": ".rtf",
    "message/rfc822": ".eml", "message/global": ".eml", "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt", "message/feedback-report": ".txt", "message/external-body": ".txt",
    "message/partial": ".eml", "application/zip": ".zip", "application/x-zip-compressed": ".zip",
    "application/json": ".json", "application/xml": ".xml", "application/gzip": ".gz", "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls", "application/vnd.ms-powerpoint": ".ppt", "application/vnd.ms-outlook": ".msg",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/ms-tnef": ".dat", "application/vnd.ms-tnef": ".dat", "application/pgp-signature": ".asc",
    "application/pgp-encrypted": ".asc", "application/pgp-keys": ".asc", "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m", "application/x-pkcs7-mime": ".p7m",
    "audio/mpeg": ".mp3", "audio/ogg": ".ogg", "audio/wav": ".wav", "audio/mp4": ".m4a", "audio/aac": ".aac",
    "video/mp4": ".mp4", "video/quicktime": ".mov", "video/3gpp": ".3gp",
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
