"""A colleague without the right to speak, from a proven mail over real SMTP to a ticket, and back to silence."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from core.profile_loading import SHIPPED
from tests.fakes.dns import FakeDns, fake_dns
from tests.harness.installation import Installation
from tests.harness.kinds import start_embedded
from tests.harness.signing import SigningKey, dkim_signed
from tests.harness.web import Answer
from tests.smtp.mails import SUPPORT, mail

KEY = SigningKey.rsa(1_024)
NOVO, OUTRA, ADM = "novo@org-a.example", "outra@org-a.example", "adm@org-a.example"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def dns() -> Iterator[FakeDns]:
    with fake_dns() as server:
        server.texts |= {
            "s1._domainkey.org-a.example": [KEY.record], "_dmarc.org-a.example": ["v=DMARC1; p=reject"],
        }
        yield server


@pytest.fixture(scope="module")
def house(dns: FakeDns, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """`instituicoes` as it is shipped, but for the one flag."""
    folder = tmp_path_factory.mktemp("colleagues")
    shipped = (SHIPPED / "instituicoes.toml").read_text("utf-8")
    assert "[access]\n" in shipped and "hold_colleagues" not in shipped
    profile = Path(folder / "instituicoes.toml")
    profile.write_text(shipped.replace("[access]\n", "[access]\nhold_colleagues = true\n"), "utf-8")
    settings = {
        "GUICHE_TRUSTED_NETWORKS": "", "GUICHE_DNS_SERVER": dns.setting, "GUICHE_PROFILE": str(profile),
    }
    with start_embedded(folder, **settings) as installation:
        yield installation


class Window:
    """A browser window of the administrator, as far as cookies and forms go."""

    def __init__(self, house: Installation) -> None:
        self.house = house
        self.cookies: dict[str, str] = {}
        self.post("/login", "/login", email=ADM, password="demo-adm")

    def get(self, path: str) -> str:
        return str(self._keep(self.house.api("GET", path, headers=self._cookie)).body.decode())

    def post(self, path: str, form_on: str = "/portal/people", **fields: str) -> Answer:
        """Send a form with the token that the page `form_on` carries."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(form_on))
        body = urlencode({"csrf_token": found[1] if found else "", **fields}).encode()
        return self._keep(self.house.api("POST", path, body=body, headers={**FORM, **self._cookie}))

    @property
    def _cookie(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={text}" for name, text in self.cookies.items())}

    def _keep(self, answer: Answer) -> Answer:
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, text = line.partition(";")[0].partition("=")
            self.cookies[name] = text.strip('"')
        return answer


def send(house: Installation, who: str, subject: str, *, proven: bool = True) -> tuple[int, str]:
    raw = mail(who, subject=subject, text="texto-secreto", message_id=f"<{subject.replace(' ', '-')}@org-a.example>")
    return house.send(dkim_signed(raw, KEY, "org-a.example") if proven else raw, who, SUPPORT)


def held_of(house: Installation, who: str) -> list[dict[str, str]]:
    return [row for row in house.guiche_json("held", "list") if row["sender"] == who]


def tickets(house: Installation) -> set[str]:
    token = house.agent_token("dora@instituicoes.example")
    return {each["title"] for each in house.api("GET", "/api/v1/tickets", token=token).body["items"]}


def test_a_colleague_is_held_authorised_heard_and_silenced_again(house: Installation) -> None:
    assert send(house, NOVO, "Forjada", proven=False)[0] == 550
    assert send(house, NOVO, "Primeira")[0] == 250
    [held] = house.wait_for(lambda: held_of(house, NOVO), "the held mail")
    assert held["reason"] == "awaiting_administrator"

    letter = house.wait_for_mail(ADM)
    assert f"{house.http}/portal/people" in letter.message.get_content()
    assert NOVO not in str(letter.message) and "Primeira" not in str(letter.message)

    assert send(house, OUTRA, "De outra")[0] == 250
    house.wait_for(lambda: held_of(house, OUTRA), "the other held mail")
    window = Window(house)
    page = window.get("/portal/people")
    assert NOVO in page and OUTRA in page and "Primeira" in page and "texto-secreto" not in page
    assert tickets(house) == set() and house.outbox(NOVO) == []

    done = window.post(f"/portal/colleagues/{held['id']}/authorise")
    assert (done.status, done.headers["Location"]) == (303, "/portal/people?said=authorised")
    receipt = house.wait_for_mail(NOVO)
    assert "Protocolo" in receipt.message["Subject"] and "Primeira" not in receipt.message.get_content()
    assert tickets(house) == {"Primeira"}
    assert [row["sender"] for row in house.guiche_json("held", "list")] == [OUTRA]

    assert window.post(f"/portal/colleagues/{held_of(house, OUTRA)[0]['id']}/dismiss").status == 303
    assert house.guiche_json("held", "list") == [] and house.outbox(OUTRA) == []

    silence(house, window)
    # Two letters would be two days: what came meanwhile waits for tomorrow's.
    assert len(house.outbox(ADM)) == 1


def silence(house: Installation, window: Window) -> None:
    """Once he was revoked he waits again and opens nothing; once he is blocked he is turned away."""
    [user] = [each for each in house.guiche_json("user", "list") if each["email"] == NOVO]
    path = f"/portal/people/{user['id']}"
    assert user["may_speak"]
    assert window.post(f"{path}/rights/revoke", path).status == 303

    numbers = iter(range(1_000))
    house.wait_for(
        lambda: send(house, NOVO, f"Depois {next(numbers)}")[0] == 250
        and "awaiting_administrator" in {row["reason"] for row in held_of(house, NOVO)},
        "a mail that waits again",
    )
    assert tickets(house) == {"Primeira"}

    assert window.post(f"{path}/rights/block", path).status == 303
    refused = house.wait_for(
        lambda: (answer := send(house, NOVO, f"Enfim {next(numbers)}"))[0] == 550 and answer, "a refusal"
    )
    assert "not_authorized" in refused[1]
    assert tickets(house) == {"Primeira"} and len(house.outbox(NOVO)) == 1
