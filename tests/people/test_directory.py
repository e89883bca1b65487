"""The directory: whom it finds, how fresh its answers are, and what it does while the database is away."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from core.database import open_database
from core.errors import Unavailable
from core.message import Speaker, SpeakerKind
from core.people import directory as directory_module
from core.people import granting
from core.people.actor import SYSTEM
from core.people.directory import MAX_KEYS, Directory
from core.people.tables import Identity, Organization, Person
from core.profile_loading import load_profile
from tests.people.cast import NOW, PROFILE, load_cast

ANA = "ana@org-a.example"


@pytest.fixture
def asked(monkeypatch):
    """The keys the database was really asked for."""
    keys = []
    real = directory_module.query

    async def counting(sql, values):
        keys.append(values[1])
        return await real(sql, values)

    monkeypatch.setattr(directory_module, "query", counting)
    return keys


@pytest.mark.parametrize(
    ("key", "kind", "may_speak"),
    [
        (ANA, SpeakerKind.PERSON, True),
        ("adm@org-a.example", SpeakerKind.PERSON, False),
        ("bruno@org-a.example", SpeakerKind.PERSON, False),
        ("clara@instituicoes.example", SpeakerKind.AGENT, False),
        ("diretoria@org-a.example", SpeakerKind.BOARD, False),
        ("nobody@org-a.example", SpeakerKind.UNKNOWN, False),
    ],
)
async def test_an_address_is_whoever_has_it(cast, key, kind, may_speak):
    found = await Directory(PROFILE).by_email(key, NOW)

    assert (found.speaker.kind, found.speaker.may_speak) == (kind, may_speak)
    assert not found.is_stale


HOLDING = PROFILE.model_copy(update={"access": PROFILE.access.model_copy(update={"hold_colleagues": True})})


@pytest.mark.parametrize(
    ("key", "kind", "organization"),
    [
        ("nobody@org-a.example", SpeakerKind.UNKNOWN, "Org A"),
        ("nobody@org-b.example", SpeakerKind.UNKNOWN, "Org B"),
        ("nobody@sub.org-a.example", SpeakerKind.UNKNOWN, None),
        ("nobody@org-a.example.evil.example", SpeakerKind.UNKNOWN, None),
        ("nobody@longe.example", SpeakerKind.UNKNOWN, None),
        (ANA, SpeakerKind.PERSON, "Org A"),
        ("bruno@org-a.example", SpeakerKind.PERSON, "Org A"),
        ("diretoria@org-a.example", SpeakerKind.BOARD, "Org A"),
        ("clara@instituicoes.example", SpeakerKind.AGENT, None),
    ],
)
async def test_where_colleagues_are_held_an_unknown_address_comes_with_the_organization_of_its_domain(
    cast, key, kind, organization
):
    found = (await Directory(HOLDING).by_email(key, NOW)).speaker

    expected = (await Organization.get(name=organization)).id if organization else None
    assert (found.kind, found.organization_id) == (kind, expected)
    if kind is SpeakerKind.UNKNOWN:
        assert found == Speaker(organization_id=expected)


async def test_elsewhere_nobody_asks_whose_domain_it_is(cast):
    assert (await Directory(PROFILE).by_email("nobody@org-a.example", NOW)).speaker == Speaker()


async def test_an_agent_comes_before_a_person_of_the_same_address(cast):
    ana = await Person.get(email=ANA)
    await Identity.create(person=ana, kind="email", key="clara@instituicoes.example", created_at=NOW)

    found = await Directory(PROFILE).by_email("clara@instituicoes.example", NOW)

    assert found.speaker.kind is SpeakerKind.AGENT


async def test_a_telephone_and_a_chat_are_found_by_their_own_kind_alone(cast):
    ana = await Person.get(email=ANA)
    await Identity.create(person=ana, kind="telegram", key="guiche:42", created_at=NOW)
    directory = Directory(PROFILE)

    assert (await directory.by_phone("+5511912345678", NOW)).speaker.id == ana.id
    assert (await directory.by_telegram("guiche:42", NOW)).speaker.id == ana.id
    assert (await directory.by_email("guiche:42", NOW)).speaker.kind is SpeakerKind.UNKNOWN
    assert (await directory.by_phone(ANA, NOW)).speaker.kind is SpeakerKind.UNKNOWN


async def test_a_board_is_nobody_where_the_profile_has_no_mailbox_for_it(cast):
    found = await Directory(load_profile("representantes")).by_email("diretoria@org-a.example", NOW)

    assert found.speaker.kind is SpeakerKind.UNKNOWN


async def test_a_revocation_is_seen_two_seconds_later(cast):
    directory = Directory(PROFILE)
    await directory.by_email(ANA, NOW)
    await granting.revoke(ANA, SYSTEM, NOW)

    at_once = await directory.by_email(ANA, NOW + timedelta(seconds=1.9))
    later = await directory.by_email(ANA, NOW + timedelta(seconds=2))

    assert (at_once.speaker.may_speak, later.speaker.may_speak) == (True, False)


async def test_forgetting_asks_again_at_once(cast):
    directory = Directory(PROFILE)
    await directory.by_email(ANA, NOW)
    await granting.block(ANA, SYSTEM, NOW)

    directory.forget()

    assert (await directory.by_email(ANA, NOW)).speaker.blocked


async def test_many_who_want_one_key_at_once_share_one_query(cast, asked):
    directory = Directory(PROFILE)

    found = await asyncio.gather(*(directory.by_email(ANA, NOW) for _ in range(50)))

    assert asked == [ANA]
    assert {each.speaker.email for each in found} == {ANA}


async def test_those_who_wait_go_on_when_the_one_who_asked_is_cancelled(cast, asked):
    directory = Directory(PROFILE)
    first = asyncio.create_task(directory.by_email(ANA, NOW))
    second = asyncio.create_task(directory.by_email(ANA, NOW))
    await asyncio.sleep(0)

    first.cancel()

    assert (await second).speaker.email == ANA


async def test_the_cache_is_bounded_and_drops_the_oldest(cast, asked, monkeypatch):
    assert MAX_KEYS == 10_000
    monkeypatch.setattr(directory_module, "MAX_KEYS", 3)
    directory = Directory(PROFILE)
    for key in ("a@x.example", "b@x.example", "c@x.example", "d@x.example"):
        await directory.by_email(key, NOW)
    asked.clear()

    await directory.by_email("d@x.example", NOW)
    await directory.by_email("a@x.example", NOW)

    assert asked == ["a@x.example"]


async def test_while_the_database_is_away_what_was_known_serves_for_fifteen_minutes(migrated_url):
    directory = Directory(PROFILE)
    async with open_database(migrated_url):
        await load_cast()
        await directory.by_email(ANA, NOW)

    found = await directory.by_email(ANA, NOW + timedelta(minutes=14, seconds=59))

    assert found.is_stale
    assert found.speaker.may_speak
    with pytest.raises(Unavailable):
        await directory.by_email(ANA, NOW + timedelta(minutes=15))


async def test_while_the_database_is_away_an_unknown_key_is_our_trouble_for_all_who_wait(migrated_url):
    directory = Directory(PROFILE)
    async with open_database(migrated_url):
        pass

    outcomes = await asyncio.gather(
        *(directory.by_email("new@org-a.example", NOW) for _ in range(3)), return_exceptions=True
    )

    assert [type(each) for each in outcomes] == [Unavailable] * 3


@pytest.mark.parametrize("migrated_url", ["postgres"], indirect=True)
async def test_a_server_that_ends_its_connections_is_away_and_is_found_again(migrated_url, postgres_url):
    name = migrated_url.rpartition("/")[2]
    server = await asyncpg.connect(postgres_url)
    directory = Directory(PROFILE)
    async with open_database(migrated_url):
        await directory.by_email(ANA, NOW)

        await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)

        assert (await directory.by_email(ANA, NOW + timedelta(seconds=3))).is_stale
        with pytest.raises(Unavailable):
            await directory.by_email("new@org-a.example", NOW)
        await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        assert not (await directory.by_email(ANA, NOW + timedelta(seconds=4))).is_stale
    await server.close()


async def test_a_database_that_hangs_is_as_far_away(cast, monkeypatch):
    async def hanging(sql, values):
        await asyncio.Event().wait()

    monkeypatch.setattr(directory_module, "query", hanging)
    monkeypatch.setattr(directory_module, "PATIENCE_SECONDS", 0.01)

    with pytest.raises(Unavailable):
        await Directory(PROFILE).by_email(ANA, NOW)
