"""Invitations, forgotten passwords and changed ones at the counter (W01, W02, W03, W05, W06, W09)."""

import asyncio
import base64
from contextlib import AsyncExitStack

import pyotp
import pytest
from yarl import URL

from core import clock
from core.audit import AuditRow
from core.deliveries import Delivery, DeliveryKind
from core.people import granting, inviting, second_factor, totp
from core.people.actor import SYSTEM
from core.people.tables import Agent, Person, Session
from core.tickets.letters import PostOffice
from core.tickets.people_letters import words_of
from tests.accounts.conftest import Time
from tests.accounts.visitor import Shown, secrets_sent, visiting
from tests.harness.house import House

ANA, CLARA = "ana@org-a.example", "clara@instituicoes.example"
NEW = "uma senha comprida"


async def ask(house: House, email: str, **headers: str) -> Shown:
    async with visiting(house) as somebody:
        return await somebody.send("/forgot", headers=headers, email=email)


@pytest.mark.parametrize("email", [ANA, CLARA])
async def test_W03_a_link_by_mail_opens_a_page_and_its_form_sets_the_password_once(house: House, email: str) -> None:
    await ask(house, email)
    (secret,) = await secrets_sent(house)
    async with visiting(house) as owner, visiting(house) as late:
        # Programs that follow links use nothing up.
        assert [(await late.get(f"/begin/{secret}")).status for _ in range(3)] == [200, 200, 200]
        async with late.http.head(f"/begin/{secret}") as head:
            assert head.status == 200

        answer = await owner.send(f"/begin/{secret}", password=NEW)
        assert (answer.status, answer.location) == (303, "/")
        assert (await owner.get("/account")).status == 200

        assert (await late.get(f"/begin/{secret}")).status == 410
        assert (await late.send("/login", f"/begin/{secret}", password="outra senha boa")).status == 410
        assert (await late.sign_in(email)).status == 401
        assert (await late.sign_in(email, NEW)).status == 303
    assert {"reset_link_used", "password_changed"} <= {row.action for row in await AuditRow.all()}


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (60, 410), (61, 410)])
async def test_W03_a_link_ends_after_an_hour(house: House, time: Time, minutes: int, status: int) -> None:
    await ask(house, ANA)
    time.move(minutes=minutes)

    async with visiting(house) as ana:
        assert (await ana.get(f"/begin/{(await secrets_sent(house))[0]}")).status == status


async def test_W03_a_changed_password_ends_every_link(house: House) -> None:
    ana = await Person.get(email=ANA)
    await ask(house, ANA)
    await inviting.invite(ana, house.office.signing, clock.now(), SYSTEM)
    async with visiting(house) as visitor:
        await visitor.sign_in(ANA)
        answer = await visitor.send("/account", "/account/password", old="demo-ana", password=NEW)

        assert answer.location == "/account?said=password"
        statuses = [(await visitor.get(f"/begin/{secret}")).status for secret in await secrets_sent(house)]
    assert statuses == [410, 410]


async def test_W03_two_that_use_the_link_at_once_set_one_password(house: House) -> None:
    await ask(house, ANA)
    (secret,) = await secrets_sent(house)
    async with AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(visiting(house)) for _ in range(3)]
        answers = await asyncio.gather(
            *(each.send(f"/begin/{secret}", password=f"senha número {n}") for n, each in enumerate(visitors))
        )

    assert sorted(answer.status for answer in answers) == [303, 410, 410]
    assert await Session.all().count() == 1


UNFIT = ["", "curta", "x" * 1_025, ANA, ANA.upper(), "1111111111", "ab" * 8]


@pytest.mark.parametrize("password", UNFIT, ids=["empty", "short", "long", "address", "ADDRESS", "ones", "two letters"])
async def test_W09_a_password_that_does_not_fit_leaves_the_link_good(house: House, password: str) -> None:
    await ask(house, ANA)
    (secret,) = await secrets_sent(house)
    async with visiting(house) as ana:
        assert (await ana.send(f"/begin/{secret}", password=password)).status == 422
        assert (await ana.send(f"/begin/{secret}", password=NEW)).status == 303


async def test_W09_a_password_of_a_megabyte_is_not_even_read(house: House) -> None:
    async with visiting(house) as ana:
        assert (await ana.sign_in(ANA, "x" * 1_000_000)).status == 413


async def test_W09_a_password_is_the_same_however_the_keyboard_composes_it(house: House) -> None:
    await ask(house, ANA)
    (secret,) = await secrets_sent(house)
    async with visiting(house) as ana:
        await ana.send(f"/begin/{secret}", password="coraç\u0061\u0303o ﬁrme")

        assert (await ana.sign_in(ANA, "coração firme")).status == 303


KNOWN = [ANA, "ANA@Org-A.example", CLARA, "ninguem@org-a.example", "not an address", ""]


async def test_W02_everybody_hears_the_same(house: House) -> None:
    await granting.block("carla@org-b.example", SYSTEM, clock.now())

    answers = [await ask(house, email) for email in [*KNOWN, "carla@org-b.example"]]

    assert {(answer.status, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert await Delivery.all().count() == 3


async def test_W02_answers_leave_at_a_beat_whether_somebody_was_found_or_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webhooks.account import forgot

    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(forgot.asyncio, "sleep", sleep)
    for email in (ANA, "ninguem@org-a.example"):
        await ask(house, email)

    assert len(slept) == 2
    assert all(0 < each <= forgot.BEAT_SECONDS for each in slept)


async def test_W02_the_fourth_asking_within_an_hour_sends_nothing_and_says_the_same(house: House, time: Time) -> None:
    texts = {(await ask(house, ANA)).text for _ in range(5)}
    assert (len(texts), await Delivery.all().count()) == (1, 3)

    time.move(minutes=60)
    await ask(house, ANA)
    assert await Delivery.all().count() == 4


FORGED = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}


async def test_W01_a_link_leads_to_the_public_address_whatever_the_request_says(house: House) -> None:
    await ask(house, ANA, **FORGED)
    office, (letter,) = house.office, await Delivery.all()
    post = PostOffice(office.profile, office.signing, house.counter.settings.base_url)

    (secret,) = await secrets_sent(house)
    _, text = words_of(DeliveryKind(letter.kind), post.base_url, secret, office.profile)
    assert f"{house.counter.settings.base_url}/begin/{secret}" in text
    assert "evil.example" not in text

    async with visiting(house) as somebody, somebody.http.get("/forgot", headers={"Host": "evil.example"}) as answer:
        assert answer.status == 400


async def test_W04_a_session_is_256_random_bits_kept_as_their_digest_and_ends(house: House, time: Time) -> None:
    async with visiting(house) as clara, visiting(house) as again:
        await clara.sign_in(CLARA)
        await again.sign_in(CLARA)

        rows = [str(each.__dict__) for each in await Session.all()]
        for visitor in (clara, again):
            assert len(base64.urlsafe_b64decode(visitor.cookie + "=")) == 32
            assert visitor.cookie not in "".join(rows)
        assert clara.cookie != again.cookie
        time.move(hours=12)
        assert (await clara.get("/console/")).status == 303


async def test_W05_whoever_begins_has_an_id_nobody_knew_before(house: House) -> None:
    await ask(house, ANA)
    (secret,) = await secrets_sent(house)
    async with visiting(house) as ana, visiting(house) as other:
        ana.plant("planted")
        token = (await ana.get(f"/begin/{secret}")).field("csrf_token")
        await ana.post(f"/begin/{secret}", csrf_token=token, password=NEW)

        assert ana.cookie not in ("", "planted")
        other.plant("planted")
        assert (await other.get("/account")).status == 303


async def test_W06_a_changed_password_ends_every_other_session_and_renews_this_one(house: House) -> None:
    async with visiting(house) as here, visiting(house) as there:
        await here.sign_in(CLARA)
        await there.sign_in(CLARA)
        before = here.cookie

        await here.send("/account", "/account/password", old="demo-clara", password=NEW)

        assert here.cookie != before
        assert (await here.get("/console/")).status == 200
        assert (await there.get("/console/")).status == 303
        here.plant(before)
        assert (await here.get("/console/")).status == 303


async def test_W06_a_wrong_old_password_changes_nothing(house: House) -> None:
    async with visiting(house) as clara:
        await clara.sign_in(CLARA)
        assert (await clara.send("/account", "/account/password", old="errada", password=NEW)).status == 422
        assert (await clara.sign_in(CLARA, NEW)).status == 401


async def test_one_ends_ones_own_sessions_and_no_others(house: House) -> None:
    async with visiting(house) as here, visiting(house) as there, visiting(house) as ana:
        await there.sign_in(CLARA)
        await here.sign_in(CLARA)
        await ana.sign_in(ANA)
        first = await Session.all().order_by("id").first()
        assert first is not None
        end = f"/account/sessions/{first.id}/end"

        assert (await ana.send("/account", end)).status == 404
        assert (await there.get("/console/")).status == 200
        assert (await here.send("/account", end)).status == 303
        assert (await there.get("/console/")).status == 303
        assert (await here.send("/account", end)).status == 404


async def test_a_reset_link_opens_no_way_around_the_second_factor(house: House, time: Time) -> None:
    clara, key = await Agent.get(email=CLARA), totp.new_key()
    await second_factor.enrol(clara, key, pyotp.TOTP(key).at(time.now), house.office.sealing, time.now)
    await ask(house, CLARA)
    (secret,) = await secrets_sent(house)
    async with visiting(house) as visitor:
        answer = await visitor.send(f"/begin/{secret}", password=NEW)

        assert answer.location == "/login/code?next=%2F"
        assert (await visitor.get("/console/")).status == 303


async def test_W12_what_a_header_says_of_who_or_whence_is_not_believed(house: House) -> None:
    headers = {"X-Remote-User": CLARA, "Remote-User": CLARA, "X-Forwarded-User": CLARA, "X-Forwarded-For": "10.0.0.1"}
    async with visiting(house) as nobody:
        for path in ("/console/", "/account", "/alerts"):
            assert (await nobody.get(path, **headers)).status == 303
        assert (await nobody.get("/api/v1/tickets", **headers)).status == 401


FORMS = ["/account/password", "/account/second-factor", "/account/second-factor/remove", "/account/sessions/1/end"]


@pytest.mark.parametrize("path", [*FORMS, "/alerts/1/block", "/alerts/1/settle"])
async def test_W07_a_form_of_an_account_needs_its_token_and_our_origin(house: House, path: str) -> None:
    async with visiting(house) as adm:
        await adm.sign_in("adm@org-a.example")
        token = (await adm.get("/account")).field("csrf_token")
        evil = {"Origin": "https://evil.example"}

        assert (await adm.post(path, password=NEW)).status == 403
        assert (await adm.post(path, evil, csrf_token=token, password=NEW)).status == 403


@pytest.mark.parametrize("path", ["/forgot", "/begin/x", "/login/code"])
async def test_W07_a_form_of_the_door_needs_the_browser_it_was_shown_to(house: House, path: str) -> None:
    async with visiting(house) as victim, visiting(house) as attacker:
        token = (await attacker.get("/forgot")).field("csrf_token")

        assert (await victim.post(path, csrf_token=token, email=ANA)).status == 403
        assert (await attacker.post(path, {"Origin": "https://evil.example"}, csrf_token=token)).status == 403
    assert not await Delivery.exists()


@pytest.mark.parametrize("path", ["/login", "/forgot", "/begin/x", "/login/code", "/account"])
async def test_cookies_that_are_no_text_are_nobodys(house: House, path: str) -> None:
    url = URL(house.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    asked = f"GET {path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nConnection: close\r\nCookie: ".encode()
    writer.write(asked + b"guiche=\xff\xfe; guiche-door=\xff\xfe\r\n\r\n")
    status = int((await reader.readline()).split()[1])
    writer.close()

    assert status in (200, 303, 410)
