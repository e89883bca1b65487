"""People by the command line, as INTERFACES.md promises it."""

import pytest

ANA = "ana@org-a.example"


def test_before_the_set_up_a_command_says_what_to_run(guiche):
    assert "run guiche setup" in guiche("user", "list", code=1).error


def test_setting_up_twice_is_harmless(guiche):
    guiche("setup")
    guiche("setup")

    assert guiche.json("organization", "list") == []
    assert "everything holds" in guiche("check").out


def test_organizations_are_added_listed_and_shown(on_both):
    on_both("organization", "add", "Org A", "--domain", "b.example", "--domain", "A.example", "--document", "12.abc.345/01de-35")
    on_both("organization", "add", "Org B", "--key-users", "5")

    rows = on_both.json("organization", "list")

    assert rows[0] == on_both.json("organization", "show", "Org A")
    assert rows == [
        {"id": 1, "name": "Org A", "domains": ["a.example", "b.example"], "document": "12ABC34501DE35",
         "key_user_quota": 2, "key_users": 0, "board_mailbox": None, "overrides": []},
        {"id": 2, "name": "Org B", "domains": [], "document": None, "key_user_quota": 5, "key_users": 0,
         "board_mailbox": None, "overrides": []},
    ]  # fmt: skip


def test_users_are_added_authorized_revoked_blocked_and_listed(ready):
    ready("user", "add", ANA, "--organization", "Org A", "--name", "Ana", "--role", "key_user")
    ready("user", "add", "bia@org-a.example", "--organization", "Org A", "--phone", "11 91234-5678")

    ready("user", "authorize", "bia@org-a.example")
    ready("user", "revoke", ANA)
    ready("user", "block", ANA)

    assert ready.json("user", "list") == [
        {"id": 1, "email": ANA, "name": "Ana", "role": "reader", "may_speak": False, "blocked": True,
         "administers": False, "scopes": [], "version": 3,
         "identities": [{"id": 1, "kind": "email", "value": ANA}]},
        {"id": 2, "email": "bia@org-a.example", "name": "bia", "role": "key_user", "may_speak": True,
         "blocked": False, "administers": False, "scopes": ["request_services", "approve_quotes", "high_impact"],
         "version": 2, "identities": [{"id": 2, "kind": "email", "value": "bia@org-a.example"},
                                      {"id": 3, "kind": "phone", "value": "+5511912345678"}]},
    ]  # fmt: skip
    assert "+5511912345678" in ready("user", "list").out
    ready("user", "unblock", ANA)
    assert not ready.json("user", "list")[0]["blocked"]


def test_agents_are_added_and_listed(ready):
    ready("agent", "add", "dora@instituicoes.example", "--sector", "n1", "--role", "direction")

    assert ready.json("agent", "list")[0] == {
        "id": 1, "email": "clara@instituicoes.example", "name": "Clara", "sector": "n1", "role": "agent",
        "also": {}, "blocked": False,
    }  # fmt: skip
    assert ready.json("agent", "list")[1]["role"] == "direction"


def test_two_processes_never_share_the_last_key_user_place(on_both):
    on_both("organization", "add", "Org A", "--key-users", "1")
    for number in range(3):
        on_both("user", "add", f"user{number}@org-a.example", "--organization", "Org A")

    racing = [on_both.start("user", "authorize", f"user{number}@org-a.example") for number in range(3)]
    errors = [process.communicate(timeout=120)[1] for process in racing]

    assert sorted(process.returncode for process in racing) == [0, 1, 1]
    assert sum("key_user_quota" in error for error in errors) == 2
    assert on_both.json("organization", "show", "Org A")["key_users"] == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["organization", "add", "Org A"], "name:"),
        (["organization", "show", "Org Z"], "organization:"),
        (["user", "add", ANA, "--organization", "Org Z"], "organization:"),
        (["user", "add", "no address", "--organization", "Org A"], "email:"),
        (["user", "add", ANA, "--organization", "Org A", "--role", "king"], "role:"),
        (["user", "add", ANA, "--organization", "Org A", "--phone", "1"], "phone:"),
        (["user", "authorize", ANA], "email:"),
        (["agent", "add", "eva@instituicoes.example", "--sector", "uar"], "sector:"),
        (["agent", "add", "clara@instituicoes.example", "--sector", "n1"], "email:"),
        (["token", "create", "--agent", ANA], "email:"),
        (["token", "create", "--user", ANA], "email:"),
        (["form-token", "create", "nada"], "form:"),
        (["telegram", "link", ANA], "email:"),
        (["held", "release", "nada"], "not_found"),
        (["held", "discard", "00000000-0000-0000-0000-000000000000"], "not_found"),
        (["dead-letters", "replay", "nada"], "not_found"),
        (["dead-letters", "discard", "nada"], "not_found"),
    ],
    ids=" ".join,
)
def test_what_is_refused_is_told_in_one_line(furnished, arguments, complaint):
    done = furnished(*arguments, code=1)

    assert done.out == ""
    assert done.error.startswith(f"guiche: {complaint}")
    assert done.error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["nada"], ["user", "add", ANA], ["token", "create"], ["organization", "add", "X", "--key-users", "x"],
        ["token", "create", "--agent", "a@b.example", "--user", "c@d.example"], ["parse", "/no/such/file"],
        ["user", "list", "--config", "x"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_nobody_knows_is_usage(guiche, arguments):
    guiche(*arguments, code=2)


def test_W06_a_token_is_listed_without_its_secret_and_ends_by_its_number(ready):
    ready("user", "add", ANA, "--organization", "Org A")
    for noun, of in (("token", ("--user", ANA)), ("form-token", ("contato",))):
        ready(noun, "create", *of)

    rows = ready.json("token", "list")
    assert [set(row) for row in rows] == [{"id", "kind", "of", "created_at"}] * 2
    assert [(row["kind"], row["of"]) for row in rows] == [("user", ANA), ("form", "contato")]

    lost = str(rows[0]["id"])
    ready("token", "revoke", lost)
    assert ready.json("token", "list") == rows[1:]
    assert ready("token", "revoke", lost, code=1).error.startswith("guiche: not_found")


def test_a_token_and_a_code_are_all_that_is_printed(ready):
    ready("user", "add", ANA, "--organization", "Org A")

    tokens = [
        ready("token", "create", "--agent", "clara@instituicoes.example").out,
        ready("token", "create", "--user", ANA).out,
        ready("form-token", "create", "contato").out,
        ready("form-token", "create", "whatsapp", "--unverified").out,
        ready("telegram", "link", ANA).out,
    ]

    assert all(len(token.split()) == 1 and token.endswith("\n") for token in tokens)
    assert len(set(tokens)) == len(tokens)


def test_an_empty_quarantine_and_no_dead_letters_are_empty_arrays(furnished):
    assert furnished.json("held", "list") == []
    assert furnished.json("dead-letters", "list") == []


def test_a_users_addresses_scopes_and_double_are_managed(ready):
    ready("user", "add", ANA, "--organization", "Org A", "--role", "key_user")
    ready("user", "add", "a.silva@org-a.example", "--organization", "Org A", "--phone", "11 91234-5678")

    assert ready.json("user", "scope", ANA, "approve_quotes")["scopes"] == ["approve_quotes"]
    assert ready.json("user", "scope", ANA)["scopes"] == []
    assert ready.json("user", "identity", "add", ANA, "21 99876-5432")["value"] == "+5521998765432"
    assert ready.json("user", "identity", "add", ANA, "Ana2@org-a.example")["kind"] == "email"
    ready("user", "identity", "remove", ANA, "(21) 99876-5432")
    assert "main address" in ready("user", "identity", "remove", ANA, ANA, code=1).error
    number = ready("user", "merge", "a.silva@org-a.example", ANA).out.strip()
    assert [row["email"] for row in ready.json("user", "list")] == [ANA]
    assert [each["value"] for each in ready.json("user", "list")[0]["identities"]] == [
        ANA, "a.silva@org-a.example", "+5511912345678", "ana2@org-a.example",
    ]  # fmt: skip
    assert ready.json("user", "unmerge", number)["email"] == "a.silva@org-a.example"
    assert "not_found" in ready("user", "unmerge", "9", code=1).error


def test_an_organizations_own_rule_for_a_channel_is_set_replaced_and_removed(ready):
    said = ("organization", "override", "Org A", "phone")

    ready(*said)
    row = ready.json(*said, "--may", "open", "--may", "complement", "--since", "2026-12-01")
    assert row["overrides"] == [
        {"channel": "phone", "may": ["open", "complement"], "since": "2026-12-01", "until": None}
    ]
    assert "not an official channel" in ready("organization", "override", "Org A", "telegram", code=1).error
    assert "since" in ready(*said, "--since", "tomorrow", code=1).error
    assert ready.json(*said, "--remove")["overrides"] == []


def test_POL07_an_agent_is_allowed_into_another_sector_and_out_again(ready):
    ready("agent", "allow", "clara@instituicoes.example", "n2", "note")
    row = ready.json("agent", "allow", "clara@instituicoes.example", "produto", "read")

    assert row["also"] == {"n2": "note", "produto": "read"}
    assert "n2:note, produto:read" in ready("agent", "list").out
    assert "sector" in ready("agent", "allow", "clara@instituicoes.example", "nada", "read", code=1).error
    assert ready.json("agent", "disallow", "clara@instituicoes.example", "n2")["also"] == {"produto": "read"}


def test_an_agent_is_moved_blocked_invited_and_let_in_again(ready):
    email = "nova@instituicoes.example"
    ready("agent", "add", email, "--sector", "n1")

    moved = ready.json("agent", "role", email, "lead", "--sector", "n2")
    assert (moved["role"], moved["sector"]) == ("lead", "n2")
    assert ready.json("agent", "block", email)["blocked"]
    assert "blocked cannot be invited" in ready("agent", "invite", email, code=1).error
    assert not ready.json("agent", "unblock", email)["blocked"]
    ready("agent", "invite", email)
    ready("agent", "reset-second-factor", email)
    assert "the profile has only" in ready("agent", "role", email, "lead", code=1).error
    assert "no agent has this address" in ready("agent", "block", ANA, code=1).error


def test_the_desks_last_admin_stays(ready):
    ready("agent", "add", "root@instituicoes.example", "--role", "admin")

    assert "last_administrator" in ready("agent", "block", "root@instituicoes.example", code=1).error
    assert not ready.json("agent", "list")[-1]["blocked"]


def test_a_user_is_invited_three_times_an_hour_and_their_factor_is_reset(ready):
    ready("user", "add", ANA, "--organization", "Org A", "--role", "key_user")

    for _ in range(3):
        ready("user", "invite", ANA)
    assert "rate_limited" in ready("user", "invite", ANA, code=1).error
    ready("user", "reset-second-factor", ANA)
