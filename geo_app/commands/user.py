"""Commands for accounts: who may sign in, with which rights. A password is asked for or read, never an argument."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from geo_app.commands.bench import FILE, Bench, deliver, examples, pass_bench, say

if TYPE_CHECKING:
    from pathlib import Path

    from layers.store import Account, Grant, Store

DEMO_BUREAU = {"viewer": "查看", "administrator": "管理"}


@click.group(epilog=examples("geo-app user list", "geo-app user add wang --role water@620422 --generate"))
def user() -> None:
    """Make and look after accounts; they count with XIANGTU_ACCESS=accounts."""


def _grants(texts: tuple[str, ...]) -> tuple[Grant, ...]:
    from geo_app.actions import accounts

    return tuple(accounts.parse_grant(text) for text in texts)


def _password(*, generate: bool, login: str) -> tuple[str, bool]:
    """Give a new password, and whether it was invented: asked for twice in a terminal, else the first line of standard input."""
    from geo_app.actions import passwords

    if generate:
        return passwords.invented(), True
    if sys.stdin.isatty():
        return click.prompt(f"New password of {login}", hide_input=True, confirmation_prompt=True, err=True), False
    return sys.stdin.readline().rstrip("\r\n"), False


def _find(store: Store, login: str) -> Account:
    from geo_app.actions import accounts

    return accounts.find(store, login)


GRANT = click.option(
    "--role",
    "grants",
    multiple=True,
    metavar="ROLE[@AREA,…][:submit]",
    help="Role, the area codes it holds for (none: all), and :submit where changes wait for a reviewer. May be repeated.",
)
GENERATE = click.option("--generate", is_flag=True, help="Invent the password and print it once.")


@user.command(
    epilog=examples(
        "geo-app user add wang --name 王芳 --bureau 水利局 --role water@620422 --generate",
        "geo-app user add li --role transport@620422:submit --role viewer",
    )
)
@click.argument("login")
@click.option("--name", default="", help="Name that stands in the history (default: the login).")
@click.option("--bureau", default="", help="Bureau that stands in the history.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@GRANT
@GENERATE
@pass_bench
def add(bench: Bench, login: str, *, grants: tuple[str, ...], generate: bool, **options: str) -> None:
    """Make an account; without --role it only reads."""
    from geo_app.actions import accounts

    with bench.store(create=True) as store:
        wanted = accounts.NewAccount(
            login, options["name"], options["bureau"], _grants(grants) or _grants(("viewer",)), options["language"]
        )
        password, invented = _password(generate=generate, login=login)
        made = accounts.create(store, wanted, password)
    say(f"Account {made.login}: {accounts.grants_text(made.grants)}.")
    if invented:
        click.echo(password)


@user.command("list", epilog=examples("geo-app user list", "geo-app user list --json"))
@click.option("--out", type=FILE, help="Write csv, json or xlsx.")
@click.option("--json", "as_json", is_flag=True, help="As JSON on standard output.")
@pass_bench
def list_accounts(bench: Bench, out: Path | None, *, as_json: bool) -> None:
    """List the accounts with their rights."""
    import pandas as pd

    from geo_app.actions import accounts

    with bench.store() as store:
        rows = [
            {
                "account": item.account_id,
                "login": item.login,
                "name": item.name,
                "bureau": item.bureau,
                "rights": accounts.grants_text(item.grants),
                "active": item.active,
                "since": item.created_at.isoformat()[:16],
            }
            for item in store.accounts.all()
        ]
    columns = ["account", "login", "name", "bureau", "rights", "active", "since"]
    deliver(pd.DataFrame(rows, columns=columns), out=out, as_json=as_json, title="Accounts")


@user.command(epilog=examples("geo-app user role wang water@620422,620423 viewer"))
@click.argument("login")
@click.argument("grants", nargs=-1, required=True, metavar="ROLE[@AREA,…][:submit]…")
@pass_bench
def role(bench: Bench, login: str, grants: tuple[str, ...]) -> None:
    """Give an account other rights, in place of those it has; it signs in again."""
    from geo_app.actions import accounts

    with bench.store() as store:
        account = _find(store, login)
        accounts.set_grants(store, account, _grants(grants))
    say(f"Account {account.login} has now: {' '.join(grants)}.")


@user.command(epilog=examples("geo-app user password wang --generate"))
@click.argument("login")
@GENERATE
@pass_bench
def password(bench: Bench, login: str, *, generate: bool) -> None:
    """Give an account another password; its sign-ins end."""
    from geo_app.actions import accounts

    with bench.store() as store:
        account = _find(store, login)
        new, invented = _password(generate=generate, login=account.login)
        accounts.set_password(store, account, new)
    say(f"Account {account.login} has another password.")
    if invented:
        click.echo(new)


def _switch(bench: Bench, login: str, *, active: bool) -> None:
    from geo_app.actions import accounts

    with bench.store() as store:
        accounts.set_active(store, _find(store, login), active=active)
    say(f"Account {login} is switched {'on' if active else 'off'}.")


@user.command(epilog=examples("geo-app user disable wang"))
@click.argument("login")
@pass_bench
def disable(bench: Bench, login: str) -> None:
    """Switch an account off; it is signed out at once and its history stays."""
    _switch(bench, login, active=False)


@user.command(epilog=examples("geo-app user enable wang"))
@click.argument("login")
@pass_bench
def enable(bench: Bench, login: str) -> None:
    """Switch an account on again."""
    _switch(bench, login, active=True)


@user.command(epilog=examples("geo-app user sessions wang"))
@click.argument("login")
@pass_bench
def sessions(bench: Bench, login: str) -> None:
    """Sign an account out everywhere."""
    with bench.store() as store:
        account = _find(store, login)
        store.accounts.end_sessions(account.account_id)
    say(f"Account {account.login} is signed out everywhere.")


@user.command(epilog=examples("geo-app user demo", "geo-app user demo --area 620422"))
@click.option("--area", "areas", multiple=True, help="Area code that the bureaus' roles hold for (default: everywhere).")
@pass_bench
def demo(bench: Bench, areas: tuple[str, ...]) -> None:
    """Make one account for each role, with invented passwords that are printed once; for demonstrations only."""
    from geo_app.access.roles import ADMINISTRATOR, ROLES
    from geo_app.actions import accounts, passwords
    from layers.store import Grant

    with bench.store() as store:
        for item in ROLES.values():
            if store.accounts.find(item.name) is not None:
                say(f"There is an account {item.name} already; it stays as it is.")
                continue
            where = () if item.name == ADMINISTRATOR else areas
            secret = passwords.invented()
            bureau = DEMO_BUREAU.get(item.name, f"{item.zh}局")
            wanted = accounts.NewAccount(item.name, f"{item.zh}（演示）", bureau, (Grant(item.name, where),))
            accounts.create(store, wanted, secret)
            click.echo(f"{item.name}\t{secret}\t{accounts.grants_text(wanted.grants)}")
