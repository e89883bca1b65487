"""Installations for the command line, set up but not serving."""

import shutil

import pytest

from tests.cli.command import KEY, Command


@pytest.fixture
def guiche(tmp_path):
    """The command over nothing yet."""
    return Command(tmp_path)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory):
    """An embedded installation that is set up, with Org A and agent Clara; for reading and copying."""
    guiche = Command(tmp_path_factory.mktemp("furnished"))
    guiche("setup")
    guiche("organization", "add", "Org A", "--domain", "org-a.example")
    guiche("agent", "add", "clara@instituicoes.example", "--sector", "n1", "--name", "Clara")
    return guiche


@pytest.fixture
def ready(guiche, furnished):
    """The same for a test that changes it."""
    shutil.copytree(furnished.data_dir, guiche.data_dir)
    return guiche


@pytest.fixture
def on_both(tmp_path, migrated_url):
    """The command over a migrated database, once on SQLite and once on PostgreSQL."""
    settings = {"GUICHE_DATABASE_URL": migrated_url, "GUICHE_SECRET_KEY": KEY, "GUICHE_DATA_KEYS": KEY}
    return Command(tmp_path, settings)
