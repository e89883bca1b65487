"""What the process says about itself on standard error: short events with ids, never people's data."""

import logging
import sys
from pathlib import Path
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_CONTROLS = {code: f"\\x{code:02x}" for code in [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029]}
_FRAMES = 4


def open_journal(log_format: str) -> None:
    """Send everything, ours and the libraries', to standard error as `console` lines or `json`."""
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_messages,
        _escaped,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    last: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_of_a_library, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for own in ("core", "gateway", "webhooks"):
        logging.getLogger(own).setLevel(logging.INFO)


def _of_a_library(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Keep the first line of a library's template: what it fills in may be an address or a text."""
    record: logging.LogRecord = event["_record"]
    event["event"] = str(record.msg).partition("\n")[0][:200]
    event["logger"] = record.name
    if record.exc_info:
        event["exc_info"] = record.exc_info
    return event


def _without_messages(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Say of an exception what it was and where; its message may quote a value (SECURITY.md O20)."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["where"] = _where(error.__traceback__)
    return event


def _where(trace: TracebackType | None) -> str:
    frames = []
    while trace is not None:
        frames.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " ".join(frames[-_FRAMES:])


def _escaped(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Show control characters as text: one event is one line, whatever a stranger put into it."""
    return {
        name: value.translate(_CONTROLS) if isinstance(value, str) else value for name, value in event.items()
    }
