"""Accounts by the action and by the command: grants, passwords, and what is refused."""

import json
import re

import pytest
from click.testing import CliRunner

from geo_app.actions import accounts, passwords, signing_in
from geo_app.cli import cli
from geo_app.errors import BadRequestError, NotFoundError
from layers.errors import DuplicateKeyError
from layers.store import Grant, open_store

SECRET = "a long enough passphrase"


@pytest.fixture
def geo(tmp_path, monkeypatch):
    monkeypatch.setenv("XIANGTU_STORE", str(tmp_path / "s.gpkg"))

    def run(*words, text=None):
        return CliRunner().invoke(cli, list(words), input=text)

    return run


@pytest.mark.parametrize("text", ["water", "water@620422", "water@620422,620423:submit", "viewer:submit"])
def test_a_grant_is_written_as_it_is_read(text):
    assert accounts.grant_text(accounts.parse_grant(text)) == text


@pytest.mark.parametrize("text", ["", "king", "water@1:often", "@62"])
def test_a_grant_that_cannot_be_read_is_told(text):
    with pytest.raises(BadRequestError, match="A grant is"):
        accounts.parse_grant(text)


def test_grants_that_cross_are_refused(small):
    crossing = [Grant("finance", ("990101",)), Grant("revitalisation", ("990102",))]
    with pytest.raises(BadRequestError, match="different fields of"):
        accounts.check_grants(small, crossing)
    same = [Grant("finance", ("990101",)), Grant("revitalisation", ("990101",))]
    assert accounts.check_grants(small, same) == tuple(same)
    apart = [Grant("water", ("990101",)), Grant("transport", ("990102",))]
    assert accounts.check_grants(small, apart) == tuple(apart)
    with pytest.raises(BadRequestError, match="no area with the code '62'"):
        accounts.check_grants(small, [Grant("water", ("62",))])


def test_an_account_is_made_once(empty):
    made = accounts.create(empty, accounts.NewAccount("Wang.Li", "王丽", "水利局"), SECRET)
    assert (made.login, made.grants) == ("wang.li", (Grant("viewer"),))
    held = empty.accounts.password_hash(made.account_id)
    assert held.startswith("$argon2id$")
    assert SECRET not in held
    with pytest.raises(DuplicateKeyError):
        accounts.create(empty, accounts.NewAccount("WANG.LI"), SECRET)
    with pytest.raises(NotFoundError):
        accounts.find(empty, "nobody")


@pytest.mark.parametrize("login", ["", "a", "-ab", "a b", "王丽", "a" * 41, "a/b"])
def test_a_login_that_cannot_be_used_is_told(empty, login):
    with pytest.raises(BadRequestError, match="A login has"):
        accounts.create(empty, accounts.NewAccount(login), SECRET)


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaa", "x" * 201, "my-wang-password"])
def test_a_password_that_is_too_easy_is_told(password):
    with pytest.raises(passwords.WeakPasswordError):
        passwords.accepted(password, "wang")


def test_a_hash_of_older_parameters_is_renewed_at_sign_in(empty):
    import argon2

    made = accounts.create(empty, accounts.NewAccount("wang"), SECRET)
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8192).hash(SECRET)
    empty.accounts.set_password(made.account_id, old)
    assert passwords.outdated(old)
    signing_in.sign_in(empty, "wang", SECRET, address="a")
    assert not passwords.outdated(empty.accounts.password_hash(made.account_id))
    signing_in.sign_in(empty, "WANG ", SECRET, address="a")


def test_a_damaged_hash_lets_nobody_in(empty):
    made = accounts.create(empty, accounts.NewAccount("wang"), SECRET)
    empty.accounts.set_password(made.account_id, "not a hash")
    with pytest.raises(signing_in.SignInRefusedError):
        signing_in.sign_in(empty, "wang", SECRET, address="a")


def test_a_success_clears_the_failures(empty):
    accounts.create(empty, accounts.NewAccount("wang"), SECRET)
    for _ in range(4):
        with pytest.raises(signing_in.SignInRefusedError):
            signing_in.sign_in(empty, "wang", "wrong password", address="a")
    signing_in.sign_in(empty, "wang", SECRET, address="a")
    with pytest.raises(signing_in.SignInRefusedError):
        signing_in.sign_in(empty, "wang", "wrong password", address="a")
    assert signing_in.waiting_s(empty, "wang", "a") == 0
    assert signing_in.waiting_s(empty, "wang", "b") == 0


def test_many_at_once_get_no_more_than_five_tries(empty, monkeypatch):
    from concurrent.futures import ThreadPoolExecutor

    accounts.create(empty, accounts.NewAccount("wang"), SECRET)
    tried = []
    monkeypatch.setattr(passwords, "holds", lambda *_: tried.append(1) or False)

    def attempt(_):
        try:
            signing_in.sign_in(empty, "wang", "guess", address="a")
        except (signing_in.SignInRefusedError, signing_in.TooManyAttemptsError) as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(attempt, range(24)))
    assert len(tried) == 5
    assert codes.count("sign_in_refused") == 5
    assert codes.count("too_many_attempts") == 19


def test_the_command_never_takes_a_password_as_an_argument(geo):
    help_text = geo("user", "add", "--help").output + geo("user", "password", "--help").output
    assert "--password" not in help_text
    assert geo("user", "add", "wang", "--password", SECRET).exit_code == 2


def test_accounts_by_the_command(geo, tmp_path):
    assert geo("user", "add", "wang", "--name", "王丽", "--role", "water:submit", text=SECRET + "\n").exit_code == 0
    (row,) = json.loads(geo("user", "list", "--json").stdout)
    assert (row["login"], row["name"], row["rights"], row["active"]) == ("wang", "王丽", "water:submit", True)
    made = geo("user", "password", "wang", "--generate")
    assert re.fullmatch(r"([a-z0-9]{4}-){3}[a-z0-9]{4}\n", made.stdout)
    assert geo("user", "role", "wang", "transport", "viewer").exit_code == 0
    assert geo("user", "disable", "wang").exit_code == 0
    with open_store(tmp_path / "s.gpkg") as store:
        account = accounts.find(store, "wang")
        assert (account.active, account.grants) == (False, (Grant("transport"), Grant("viewer")))
        with pytest.raises(signing_in.SignInRefusedError):
            signing_in.sign_in(store, "wang", made.stdout.strip(), address="a")
    assert geo("user", "enable", "wang").exit_code == 0
    assert geo("user", "sessions", "wang").exit_code == 0
    with open_store(tmp_path / "s.gpkg") as store:
        assert signing_in.sign_in(store, "wang", made.stdout.strip(), address="a").login == "wang"
    assert geo("user", "disable", "nobody").exit_code == 7
    assert geo("user", "add", "li", text="short\n").exit_code == 2


def test_demonstration_accounts_are_one_per_role(geo):
    assert geo("init").exit_code == 0
    lines = [line.split("\t") for line in geo("user", "demo").stdout.splitlines()]
    assert {name for name, _, _ in lines} == set(accounts.ROLES)
    assert len({secret for _, secret, _ in lines}) == len(lines)
    assert geo("user", "demo").stdout == ""
