"""Where a redirect may go: to a path of ours, never to an address somebody handed in (W19)."""

from urllib.parse import urlsplit


def local_path(text: str, otherwise: str = "/console/") -> str:
    """`text` when it is a path on this very host, else `otherwise`."""
    if not text.startswith("/") or text.startswith("//") or "\\" in text:
        return otherwise
    # Browsers drop tabs and line ends inside addresses, so `/\t/evil` would become `//evil`.
    if not text.isascii() or not text.isprintable():
        return otherwise
    parts = urlsplit(text)
    return otherwise if parts.scheme or parts.netloc else text
