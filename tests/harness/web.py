"""HTTP as another program speaks it: one request, no redirects followed."""

import http.client
import json
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Answer(NamedTuple):
    """`headers` finds names in any case; `body` is parsed where it is JSON, else bytes."""

    status: int
    headers: http.client.HTTPMessage
    body: Any


def request(
    base: str, method: str, path: str, *, token: str = "", json_body: Any = None, body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request on a connection of its own."""
    sent = dict(headers or {})
    if token:
        sent["Authorization"] = f"Bearer {token}"
    if json_body is not None:
        body = json.dumps(json_body).encode()
        sent.setdefault("Content-Type", "application/json")
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)
    try:
        connection.request(method, path, body=body, headers=sent)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    is_json = answer.headers.get_content_type().endswith("json")
    return Answer(answer.status, answer.headers, json.loads(content) if is_json and content else content)


def multipart(
    fields: Mapping[str, str], files: list[tuple[str, str, str, bytes]] | None = None
) -> tuple[dict[str, str], bytes]:
    """Headers and body of a form; a file is (field, filename, content type, content)."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in fields.items()
    ]
    parts += [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        f"Content-Type: {content_type}\r\n\r\n".encode() + content + b"\r\n"
        for name, filename, content_type, content in files or []
    ]
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    return {"Content-Type": f"multipart/form-data; boundary={boundary}"}, body
