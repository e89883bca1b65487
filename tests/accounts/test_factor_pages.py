"""The second factor at the counter: enrolling, signing in with a code, giving it up (W05, W08)."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

import pyotp
import pytest

from core import clock
from core.audit import AuditRow
from core.people.tables import Agent, Person, Session
from tests.accounts.conftest import Time
from tests.accounts.visitor import Visitor, visiting
from tests.harness.house import House, open_house

CLARA, ANA, ROOT = "clara@instituicoes.example", "ana@org-a.example", "root@instituicoes.example"
ENROL = "/account/second-factor"
STEP = 30


class App:
    """An authenticator app: pyotp with the key of the page, and the clock of the counter."""

    def __init__(self, key: str, time: Time) -> None:
        self._totp, self._time = pyotp.TOTP(key), time

    def code(self, steps: int = 0) -> str:
        return self._totp.at(int(self._time.now.timestamp()) + steps * STEP)


async def enrol(visitor: Visitor, time: Time) -> tuple[App, list[str]]:
    """Set the factor up as the page says; the app, and the codes on paper."""
    page = await visitor.get(ENROL)
    app = App(pyotp.parse_uri(page.html.split('href="otpauth')[1].join(["otpauth", ""]).split('"')[0]
              .replace("&amp;", "&")).secret, time)  # fmt: skip
    answer = await visitor.post(
        ENROL, csrf_token=page.field("csrf_token"), enrolment=page.field("enrolment"), code=app.code()
    )
    assert answer.status == 200, answer.text
    codes = [each for each in answer.text.split() if each.count("-") == 2 and len(each) == 14]
    return app, codes


async def test_an_app_is_enrolled_by_one_code_and_asked_from_then_on(house: House, time: Time) -> None:
    async with visiting(house) as clara, visiting(house) as elsewhere:
        await clara.sign_in(CLARA)
        before = clara.cookie
        app, codes = await enrol(clara, time)

        assert len(set(codes)) == 8
        assert clara.cookie != before
        assert (await clara.get("/console/")).status == 200

        time.move(seconds=STEP)
        answer = await elsewhere.sign_in(CLARA)
        pending = elsewhere.cookie
        assert answer.location == "/login/code?next=%2F"
        assert (await elsewhere.get("/console/")).location.startswith("/login")

        answer = await elsewhere.send("/login/code", code=app.code())
        assert (answer.status, answer.location) == (303, "/")
        assert elsewhere.cookie not in ("", pending)
        assert (await elsewhere.get("/console/")).status == 200
    assert {"password_shown", "second_factor_enrolled"} <= {row.action for row in await AuditRow.all()}


async def test_nothing_of_the_factor_can_be_read_in_the_database(house: House, time: Time) -> None:
    async with visiting(house) as ana:
        await ana.sign_in(ANA)
        app, codes = await enrol(ana, time)

    row = await Person.get(email=ANA)
    sealed = bytes(row.totp_sealed or b"")
    assert sealed
    assert app._totp.secret.encode() not in sealed
    assert not any(code.replace("-", "").encode() in sealed for code in codes)


WINDOW = [(-2, False), (-1, True), (0, True), (1, True), (2, False)]


@pytest.mark.parametrize(("steps", "is_let_in"), WINDOW)
async def test_RFC6238_a_clock_may_be_one_step_off(house: House, time: Time, steps: int, is_let_in: bool) -> None:
    async with visiting(house) as clara:
        await clara.sign_in(CLARA)
        app, _ = await enrol(clara, time)
        time.move(minutes=5)

    async with visiting(house) as again:
        await again.sign_in(CLARA)
        answer = await again.send("/login/code", code=app.code(steps))

    assert (answer.status == 303) is is_let_in


async def test_RFC6238_a_code_counts_once(house: House, time: Time) -> None:
    async with AsyncExitStack() as stack:
        first, second, third = [await stack.enter_async_context(visiting(house)) for _ in range(3)]
        await first.sign_in(CLARA)
        app, _ = await enrol(first, time)
        code = app.code()

        await second.sign_in(CLARA)
        assert (await second.send("/login/code", code=code)).status == 401

        time.move(seconds=STEP)
        assert (await second.send("/login/code", code=app.code())).status == 303
        await third.sign_in(CLARA)
        assert (await third.send("/login/code", code=app.code())).status == 401
        assert (await third.send("/login/code", code=app.code(-1))).status == 401


async def test_of_two_browsers_that_show_the_same_code_at_once_one_gets_in(house: House, time: Time) -> None:
    async with AsyncExitStack() as stack:
        owner, *others = [await stack.enter_async_context(visiting(house)) for _ in range(5)]
        await owner.sign_in(CLARA)
        app, _ = await enrol(owner, time)
        time.move(minutes=5)
        for other in others:
            await other.sign_in(CLARA)

        answers = await asyncio.gather(*(other.send("/login/code", code=app.code()) for other in others))

        assert sorted(answer.status for answer in answers) == [303, 401, 401, 401]


async def test_a_code_on_paper_opens_once(house: House, time: Time) -> None:
    async with visiting(house) as clara, visiting(house) as other:
        await clara.sign_in(CLARA)
        _, codes = await enrol(clara, time)
        for visitor, typed, status in ((other, codes[0].lower().replace("-", " "), 303), (clara, codes[0], 401)):
            visitor.http.cookie_jar.clear()
            await visitor.sign_in(CLARA)
            assert (await visitor.send("/login/code", code=typed)).status == status
        assert (await clara.send("/login/code", code=codes[1])).status == 303


async def test_W05_the_session_that_owed_its_code_dies_with_it(house: House, time: Time) -> None:
    async with visiting(house) as clara, visiting(house) as thief:
        await clara.sign_in(CLARA)
        app, _ = await enrol(clara, time)
        await clara.sign_in(CLARA)
        thief.plant(clara.cookie)
        time.move(seconds=STEP)
        await clara.send("/login/code", code=app.code())

        assert (await thief.get("/login/code")).location == "/login"
        assert (await thief.get("/console/")).status == 303


async def test_a_password_alone_is_forgotten_after_ten_minutes(house: House, time: Time) -> None:
    async with visiting(house) as clara:
        await clara.sign_in(CLARA)
        app, _ = await enrol(clara, time)
        await clara.sign_in(CLARA)
        time.move(minutes=10)

        assert (await clara.get("/login/code")).location == "/login"
        assert await Session.filter(awaits_code=True, expires_at__gt=clock.now()).count() == 0
        assert app.code()


async def test_W08_ten_wrong_codes_in_five_minutes_are_the_last(house: House, time: Time) -> None:
    async with visiting(house) as clara, visiting(house) as guesser:
        await clara.sign_in(CLARA)
        app, _ = await enrol(clara, time)
        time.move(minutes=6)
        await guesser.sign_in(CLARA)

        tries = [(await guesser.send("/login/code", code=f"{number:06}")).status for number in range(10)]
        right = await guesser.send("/login/code", code=app.code())
        time.move(minutes=5)
        later = await guesser.send("/login/code", code=app.code())

    assert (set(tries), right.status, later.status) == ({401}, 429, 303)


async def test_giving_the_factor_up_asks_the_password_and_a_code(house: House, time: Time) -> None:
    async with visiting(house) as clara:
        await clara.sign_in(CLARA)
        app, _ = await enrol(clara, time)
        time.move(seconds=STEP)
        remove = f"{ENROL}/remove"

        wrong = await clara.send("/account", remove, password="demo-ana", code=app.code())
        also_wrong = await clara.send("/account", remove, password="demo-clara", code="000000")
        assert (wrong.status, also_wrong.status) == (422, 422)
        assert (await Agent.get(email=CLARA)).totp_sealed is not None

        done = await clara.send("/account", remove, password="demo-clara", code=app.code())

        assert done.location == "/account?said=removed"
        assert (await Agent.get(email=CLARA)).totp_sealed is None
        assert (await clara.get("/console/")).status == 200
        assert (await clara.sign_in(CLARA)).location == "/"


async def test_an_enrolment_of_somebody_else_or_of_long_ago_is_not_taken(house: House, time: Time) -> None:
    async with visiting(house) as clara, visiting(house) as ana:
        await clara.sign_in(CLARA)
        await ana.sign_in(ANA)
        page = await ana.get(ENROL)
        code = App(page.html.split('id="key">')[1].split("<")[0].replace(" ", ""), time).code()

        stolen = await clara.send(ENROL, enrolment=page.field("enrolment"), code=code)
        time.move(minutes=15)
        late = await ana.send(ENROL, enrolment=page.field("enrolment"), code=code)
        invented = await ana.send(ENROL, enrolment="ç", code=code)

    assert [each.status for each in (stolen, late, invented)] == [422, 422, 422]
    assert all("Esta página é antiga demais." in each.text for each in (stolen, late, invented))


async def test_who_must_have_a_factor_enrols_before_anything_else_opens(house: House, time: Time, tmp_path) -> None:
    profile = house.office.profile
    access = profile.access.model_copy(update={"second_factor_for": ("admin",)})
    strict = replace(house.office, profile=profile.model_copy(update={"access": access}))
    async with open_house(strict, tmp_path / "strict") as other, visiting(other) as root, visiting(other) as clara:
        assert (await root.sign_in(ROOT)).location == ENROL
        doors = [(await root.get(path)).location for path in ("/console/", "/alerts", "/admin/audit")]
        assert all(each.startswith("/login?next=") for each in doors)
        assert (await root.get("/login")).location == ENROL
        assert (await root.get("/api/v1/tickets")).status == 401
        assert (await root.get("/account")).status == 200

        await enrol(root, time)

        assert (await root.get("/console/")).status == 200
        assert (await clara.sign_in(CLARA)).location == "/"
        assert (await clara.get("/console/")).status == 200
