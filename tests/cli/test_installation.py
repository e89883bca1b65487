"""Setting up, profiles, settings, and looking an installation over."""

import json
import re
import stat
from pathlib import Path

import pytest

from core.profile_loading import SHIPPED
from tests.cli.command import KEY


def test_help_names_every_command(guiche):
    shown = guiche("--help").out

    for name in ("serve", "demo", "setup", "profile", "organization", "user", "agent", "token", "form-token",
                 "telegram", "doctor", "check", "parse", "held", "import",
                 "dead-letters"):  # fmt: skip
        assert f"\n  {name} " in shown


def test_setup_with_an_admin_prints_one_link_and_makes_the_agent(guiche):
    shown = guiche("setup", "--admin", "chefe@instituicoes.example").out

    assert re.fullmatch(r"http://127\.0\.0\.1:8080/login/[\w-]{43}\n", shown)
    assert [row["role"] for row in guiche.json("agent", "list")] == ["admin"]
    assert guiche("setup", "--admin", "chefe@instituicoes.example").out != shown
    assert len(guiche.json("agent", "list")) == 1


def test_setup_never_makes_an_admin_of_somebody_who_is_there(ready):
    assert "somebody" in ready("setup", "--admin", "clara@instituicoes.example", code=1).error

    assert ready.json("agent", "list")[0]["role"] == "agent"


def test_what_the_data_directory_keeps_is_its_owners_alone(ready):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in ready.data_dir.iterdir()}

    assert (modes["secret_key"], modes["data_keys"]) == (0o600, 0o600)
    assert stat.S_IMODE(ready.data_dir.stat().st_mode) == 0o700


def test_the_doctor_finds_a_sound_installation_sound(ready):
    findings = ready.json("doctor")

    assert all(each["ok"] for each in findings), findings
    assert {each["what"] for each in findings} >= {"profile", "folder", "database", "broker", "files"}


def test_the_doctor_names_what_is_wrong_and_fails(guiche):
    done = guiche(
        "doctor", "--json", code=1,
        GUICHE_DATABASE_URL="postgres://somebody:hunter2@127.0.0.1:1/x", GUICHE_BROKER_URL="amqp://u:hunter2@127.0.0.1:1/",
        GUICHE_SECRET_KEY=KEY, GUICHE_DATA_KEYS=KEY, GUICHE_PROFILE="nada",
    )  # fmt: skip

    wrong = [each["what"] for each in json.loads(done.out) if not each["ok"]]
    assert wrong == ["profile", "database", "audit", "broker"]
    assert "hunter2" not in done.out + done.error


def test_a_folder_that_others_may_read_is_a_finding(ready):
    (ready.data_dir / "secret_key").chmod(0o644)

    assert "secret_key" in ready("doctor", code=1).out


def test_settings_come_from_the_file_that_config_names(ready, tmp_path):
    file = tmp_path / "other.toml"
    file.write_text('profile = "representantes"\n')

    assert ready.json("--config", str(file), "profile", "show")["name"] == "representantes"
    assert ready.json("profile", "show")["name"] == "instituicoes"


def test_every_wrong_setting_is_told_on_a_line_of_its_own(guiche):
    error = guiche("user", "list", code=1, GUICHE_NADA="1", GUICHE_HTTP_LISTEN="x").error

    assert error.splitlines() == [
        "guiche: environment variable GUICHE_NADA: no such setting",
        "guiche: GUICHE_HTTP_LISTEN: must be host:port",
    ]


@pytest.mark.parametrize("keys", ["a:", ":MTIzNA==", "a:b c", "a:MTIzNA==,b"])
def test_a_key_without_a_name_or_a_secret_is_none(guiche, keys):
    assert guiche("user", "list", code=1, GUICHE_DATA_KEYS=keys).error == "guiche: GUICHE_DATA_KEYS: cannot be read\n"


def test_a_database_that_is_away_is_one_clear_line_without_its_password(guiche):
    done = guiche(
        "user", "list", code=1, GUICHE_DATABASE_URL="postgres://somebody:hunter2@127.0.0.1:1/x",
        GUICHE_SECRET_KEY=KEY, GUICHE_DATA_KEYS=KEY,
    )  # fmt: skip

    assert done.error == "guiche: temporarily unavailable: the database is away\n"


def test_the_shipped_profiles_are_listed_and_shown(guiche):
    assert {"instituicoes", "representantes"} <= {row["name"] for row in guiche.json("profile", "list")}

    shown = guiche.json("profile", "show", "instituicoes")

    assert shown["mailboxes"][0] == "atendimento@instituicoes.example"
    assert [sector["slug"] for sector in shown["sectors"]][:2] == ["n1", "n2"]
    assert set(shown["categories"][0]) == {"slug", "title", "subcategories"}
    assert shown["channels"]["phone"]["may"] == ["complement", "inquire"]


def test_a_profile_is_checked_compared_and_applied(ready, tmp_path):
    file = Path(tmp_path / "ours.toml")
    file.write_text((SHIPPED / "instituicoes.toml").read_text().replace("reopen_days = 14", "reopen_days = 7"))

    ready("profile", "check", str(file))
    difference = ready("profile", "diff", str(file)).out
    ready("profile", "apply", str(file))

    assert "\n-reopen_days = 14\n+reopen_days = 7\n" in difference
    assert "no difference" in ready("profile", "diff", str(file)).out


def test_every_mistake_in_a_profile_is_told(guiche, tmp_path):
    file = tmp_path / "wrong.toml"
    file.write_text((SHIPPED / "instituicoes.toml").read_text().replace('sector = "produto"', 'sector = "nada"'))

    assert "categories[2].sector names no sector" in guiche("profile", "check", str(file), code=1).error
    assert guiche("profile", "apply", str(file), code=1).out == ""


def test_parse_prints_what_it_reads_without_any_installation(guiche, tmp_path):
    mail = tmp_path / "mail.eml"
    mail.write_bytes(
        b"From: Ana <ana@org-a.example>\r\nTo: atendimento@instituicoes.example\r\nSubject: =?utf-8?q?D=C3=BAvida?=\r\n"
        b"Message-ID: <one@org-a.example>\r\n\r\nBom dia\r\n"
    )

    parsed = guiche.json("parse", str(mail))

    assert parsed["subject"] == "Dúvida"
    assert parsed["text"].strip() == "Bom dia"
    assert set(parsed) == {
        "subject", "from_addr", "to", "cc", "message_id", "in_reply_to", "references", "date", "text", "reply_text",
        "html", "attachments", "is_auto_reply", "is_bounce",
    }  # fmt: skip
    assert "Bom dia" in guiche("parse", str(mail)).out
    assert not guiche.data_dir.exists()
