"""``chengqing user``: who may use the desk. Passwords are asked for or read from standard input, never arguments."""

from __future__ import annotations

import getpass
import sys

import click

from pipeline.accounts import Account, Accounts
from pipeline.cli.output import json_option, show_json, show_rows
from pipeline.coalition import load_coalition
from pipeline.errors import UsageError
from pipeline.paths import DataDir
from pipeline.people import AccountRole, Person

ROLES = click.Choice([role.value for role in AccountRole])
PASSWORD_STDIN = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of asking."
)


@click.group()
def user() -> None:
    """Accounts of the desk. From the first one on, everybody has to sign in.

    \b
    Roles:
      viewer    reads
      monitor   triages, rules, notes, drafts
      lead      that, and releases, opens incidents, sets thresholds
      reviewer  answers for a partner: consents, blocks
      admin     keeps accounts and data; neither rates nor signs
    """


@user.command()
@click.argument("account")
@click.option("--name", help="Name that others see; the account's id without.")
@click.option("--role", type=ROLES, default="monitor", show_default=True, help="What the person is.")
@click.option("--partner", help="Id of the partner organization; a reviewer needs one.")
@PASSWORD_STDIN
def add(
    account: str,
    name: str | None,
    role: str,
    partner: str | None,
    password_stdin: bool,
) -> None:
    """Make an account.

    \b
    Examples:
      chengqing user add mei --name "Mei 陈" --role lead --partner partner-a
      printf %s "$PASSWORD" | chengqing user add lok --password-stdin
      chengqing user add ana --role reviewer --partner partner-b
    """
    data = DataDir.from_environment()
    _check_partner(data, partner)
    person = Person(account, name or account, AccountRole(role), partner)
    Accounts(data.accounts).add(person, by="cli", password=_password(password_stdin))
    click.echo(f"account {account}: {role}{f' for {partner}' if partner else ''}")


@user.command("list")
@json_option
def list_them(as_json: bool) -> None:
    """List the accounts."""
    data = DataDir.from_environment()
    rows = [_row(each) for each in Accounts(data.accounts, read_only=True).everybody()]
    if as_json:
        show_json(rows)
    else:
        show_rows(rows)


@user.command()
@click.argument("account")
@PASSWORD_STDIN
def passwd(account: str, password_stdin: bool) -> None:
    """Set a new password; whoever is signed in with the account is signed out."""
    accounts = Accounts(DataDir.from_environment().accounts)
    accounts.account(account)
    accounts.set_password(account, _password(password_stdin), by="cli")
    click.echo(f"account {account}: new password, sessions ended")


@user.command()
@click.argument("account")
@click.argument("role", type=ROLES)
@click.option("--partner", help="Id of the partner organization; none without.")
def role(account: str, role: str, partner: str | None) -> None:
    """Change an account's role and partner; its sessions end."""
    data = DataDir.from_environment()
    _check_partner(data, partner)
    Accounts(data.accounts).set_role(account, AccountRole(role), partner, by="cli")
    click.echo(f"account {account}: {role}{f' for {partner}' if partner else ''}, sessions ended")


@user.command()
@click.argument("account")
def disable(account: str) -> None:
    """Shut an account out at once. It is never deleted, for the ledger names it."""
    Accounts(DataDir.from_environment().accounts).disable(account, by="cli")
    click.echo(f"account {account}: disabled, sessions ended")


@user.command()
@click.argument("account")
def enable(account: str) -> None:
    """Let a disabled account in again."""
    Accounts(DataDir.from_environment().accounts).disable(account, by="cli", disabled=False)
    click.echo(f"account {account}: enabled")


@user.command()
@click.option(
    "-n", "--most", default=50, show_default=True, type=click.IntRange(1, 100_000), help="How many."
)
@json_option
def log(most: int, as_json: bool) -> None:
    """Show what happened to accounts, newest first: made, changed, signed in, slowed down."""
    events = Accounts(DataDir.from_environment().accounts, read_only=True).events("", most=most)
    rows = [
        {"time": e.decided_at, "what": e.kind, "account": e.payload.get("user_id"), "by": e.actor}
        for e in events
    ]
    if as_json:
        show_json(rows)
    else:
        show_rows(rows)


def _row(account: Account) -> dict[str, object]:
    return {
        "account": account.person.user_id,
        "name": account.person.name,
        "role": account.person.role.value,
        "partner": account.person.partner,
        "state": "disabled" if account.disabled else "sample" if account.sample else "active",
        "since": account.created_at,
    }


def _check_partner(data: DataDir, partner: str | None) -> None:
    """A partner must stand in the coalition's file, where there is one."""
    coalition = load_coalition(data)
    if partner is not None and coalition.partners:
        coalition.partner(partner)


def _password(from_stdin: bool) -> str:
    if from_stdin or not sys.stdin.isatty():
        return sys.stdin.readline(1_000).rstrip("\r\n")
    password = getpass.getpass("Password (15 characters or more): ")
    if getpass.getpass("Again: ") != password:
        raise UsageError("the two passwords differ; nothing was changed")
    return password
