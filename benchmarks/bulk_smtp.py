"""A bare aiosmtpd that reads DATA in one go: what the bare path listens with."""

from aiosmtpd.smtp import SMTP, syntax


class BulkSMTP(SMTP):
    """Reads up to CRLF.CRLF at once, and checks nothing."""

    line_length_limit = 64 * 1024 * 1024

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        read = await self._reader.readuntil(b"\r\n.\r\n")
        self.envelope.content = read[:-3].replace(b"\r\n..", b"\r\n.")
        status = await self.event_handler.handle_DATA(self, self.session, self.envelope)
        self._set_post_data_state()
        await self.push(status)
