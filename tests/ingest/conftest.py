"""The score of the corpus at the end of a run."""

import pytest

from tests.ingest import corpus


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if corpus.scores:
        terminalreporter.section("mails read right")
        for line in corpus.lines():
            terminalreporter.write_line(line)
