"""What every answer says about how it may be used (W18)."""

from aiohttp import web

from webhooks.security import is_https

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: browsers then send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

# A stranger's bytes: no browser opens them inside our origin (SECURITY.md H02).
DOWNLOAD = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


async def secure(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers to an answer about to leave; one that a handler set itself stays."""
    for name, text in _HEADERS.items():
        response.headers.setdefault(name, text)
    if is_https(request):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    # aiohttp would tell its version and the interpreter's (W23).
    response.headers["Server"] = "guiche"
