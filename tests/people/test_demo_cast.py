"""The demo cast: complete, able to sign in, and left as it is found."""

import pytest

from core.people import demo_cast, granting, passwords, sessions
from core.people.actor import SYSTEM
from core.people.tables import Agent, Person
from core.profile_loading import load_profile
from tests.people.cast import NOW, PROFILE


@pytest.mark.parametrize("name", ["instituicoes", "representantes"])
def test_every_shipped_cast_is_whole(name):
    cast = demo_cast.read_cast(load_profile(name))

    assert [email.partition("@")[0] for email in cast.emails] == [
        "clara", "diego", "lia", "dora", "root", "ana", "adm", "bruno", "carla",
    ]  # fmt: skip


async def test_the_cast_signs_in_with_its_demo_passwords(database):
    await demo_cast.load(PROFILE, NOW)

    for email in ("clara@instituicoes.example", "ana@org-a.example"):
        assert await sessions.sign_in(email, demo_cast.password_of(email), NOW)


async def test_loading_again_changes_nobody_and_hashes_nothing(database, monkeypatch):
    await demo_cast.load(PROFILE, NOW)
    await granting.block("ana@org-a.example", SYSTEM, NOW)
    before = await Person.all().values(), await Agent.all().values()

    monkeypatch.setattr(passwords, "hashed", None)
    await demo_cast.load(PROFILE, NOW)

    assert (await Person.all().values(), await Agent.all().values()) == before
