"""Dovecot for the tests: a private IMAP server with users of its own, on loopback alone (LIBRARIES.md part 5)."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from imapclient import IMAPClient

from tests.services.packages import program
from tests.services.ports import free_port, is_open, wait_until

_CONFIG = """\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
auth_mechanisms = plain login
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%u
mailbox_list_index = no
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = {separator}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
protocol imap {{
  mail_max_userip_connections = 50
}}
{more}
"""
_PASSWORD = "segredo do correio@1"
_USERS = 500


@dataclass
class Dovecot:
    """A running server. Every test takes users of its own with `new_user`."""

    folder: Path
    port: int
    tls_port: int
    _numbers: Iterator[int] = field(default_factory=count)

    def new_user(self) -> str:
        """A user nobody else has, with an empty INBOX."""
        number = next(self._numbers)
        assert number < _USERS
        return f"caixa{number}"

    def url(self, user: str, mailbox: str, folder: str = "INBOX", *, port: int = 0, **more: str) -> str:
        """The setting that has Guichê read `folder` of `user`."""
        password = _PASSWORD.replace(" ", "%20").replace("@", "%40")
        tail = "".join(f"&{name}={value}" for name, value in more.items())
        return f"imap://{user}:{password}@127.0.0.1:{port or self.port}/{folder}?mailbox={mailbox}{tail}"

    @contextmanager
    def client(self, user: str) -> Iterator[IMAPClient]:
        """Another mail program of the same user."""
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=30) as client:
            client.login(user, _PASSWORD)
            yield client

    def put(self, user: str, *mails: bytes, folder: str = "INBOX", flags: tuple[bytes, ...] = ()) -> None:
        """Let mails arrive."""
        with self.client(user) as client:
            for mail in mails:
                client.append(folder, mail, flags)

    def mails(self, user: str, folder: str) -> dict[int, bytes]:
        """The folder's mails by UID; none where there is no such folder."""
        with self.client(user) as client:
            if not client.folder_exists(folder):
                return {}
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["BODY.PEEK[]"])
            return {uid: data[b"BODY[]"] for uid, data in found.items()}

    def flags(self, user: str, folder: str) -> list[tuple[bytes, ...]]:
        """The flags of each mail in the folder."""
        with self.client(user) as client:
            client.select_folder(folder, readonly=True)
            return [flags for _, flags in sorted(client.get_flags(client.search()).items())]


def installed() -> Path:
    """The server's program, installed if need be."""
    program("imap", "dovecot-imapd", "/usr/lib/dovecot", "/usr/libexec/dovecot")
    return program("dovecot", "dovecot-core", "/usr/sbin")


@contextmanager
def server(
    *, prefix: str = "", separator: str = "/", more: str = "", certificate: tuple[Path, Path] | None = None
) -> Iterator[Dovecot]:
    """A server of our own, ended with all its processes; `more` are lines of its configuration."""
    path = installed()
    folder = Path(tempfile.mkdtemp(prefix="guiche-dovecot-"))
    dovecot = Dovecot(folder, free_port(), free_port())
    user, group = _identity()
    tls = f"ssl_cert = <{certificate[0]}\nssl_key = <{certificate[1]}" if certificate else ""
    (folder / "dovecot.conf").write_text(
        _CONFIG.format(
            folder=folder, user=user, group=group, port=dovecot.port, tls_port=dovecot.tls_port if certificate else 0,
            prefix=prefix, separator=separator, more=more, certificate=tls, ssl="yes" if certificate else "no",
        )
    )
    # All of them now: the server looks into this file once a second at most.
    (folder / "users").write_text("".join(f"caixa{number}:{{PLAIN}}{_PASSWORD}\n" for number in range(_USERS)))
    (folder / "mail").mkdir()
    for each in (folder, folder / "mail", folder / "users"):
        shutil.chown(each, user, group)
    process = subprocess.Popen([path, "-F", "-c", folder / "dovecot.conf"], start_new_session=True)
    try:
        wait_until(lambda: process.poll() is not None or is_open(dovecot.port), 30, "Dovecot")
        if process.poll() is not None:
            raise RuntimeError((folder / "log").read_text("utf-8", "replace"))
        yield dovecot
    finally:
        _end(process)
        shutil.rmtree(folder, ignore_errors=True)


def _identity() -> tuple[str, str]:
    """Whom its workers run as: as root they give that up, else there is nothing to give up."""
    if os.geteuid() == 0:
        return "nobody", "nogroup"
    return os.popen("id -un").read().strip(), os.popen("id -gn").read().strip()


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)
    # Its workers notice that they lost their master.
    time.sleep(0.05)
