"""The desk's admin at the counter, and where his pages lie."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.people.tables import Organization, Person
from tests.portal.portal import Shown, Visitor

ROOT, CLARA = "root@instituicoes.example", "clara@instituicoes.example"
HOSTILE = "<img src=x onerror=alert(1)>\"'{{7*7}}"


@dataclass
class Admin(Visitor):
    """A visitor whose forms carry the token of the admin's own pages."""

    async def send(self, path: str, **fields: str) -> Shown:
        return await self.post(path, self.token_of((await self.get("/admin/organizations")).html), **fields)


@pytest.fixture
def migrated_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One database is enough: pages do not differ by it."""
    return f"sqlite://{shutil.copy(migrated_sqlite, tmp_path / 'guiche.sqlite3')}"


async def organization_path(name: str = "Org A", rest: str = "") -> str:
    return f"/admin/organizations/{(await Organization.get(name=name)).id}{rest}"


async def person_path(email: str, rest: str = "") -> str:
    person = await Person.get(email=email)
    return f"/admin/organizations/{person.organization_id}/people/{person.id}{rest}"
