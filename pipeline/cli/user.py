"""``chengqing user``: who may use the desk. Passwords are asked for or read from standard input, never arguments."""

from __future__ import annotations

import asyncio
import getpass
import sys

import click

from pipeline.accounts import Account, Accounts
from pipeline.cli.output import json_option, show_json, show_rows
from pipeline.coalition import load_coalition
from pipeline.errors import UnknownName, UsageError
from pipeline.oidc.settings import Grant, load_provider
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
@click.option("--email", help="Address that the identity provider knows the person by (see: user provider).")
@click.option(
    "--no-password", is_flag=True, help="Only the identity provider opens this account; needs --email."
)
@PASSWORD_STDIN
def add(
    account: str,
    name: str | None,
    role: str,
    partner: str | None,
    email: str | None,
    no_password: bool,
    password_stdin: bool,
) -> None:
    """Make an account.

    \b
    Examples:
      chengqing user add mei --name "Mei 陈" --role lead --partner partner-a
      printf %s "$PASSWORD" | chengqing user add lok --password-stdin
      chengqing user add ana --role reviewer --partner partner-b
      chengqing user add wei --email wei@partner-b.example --no-password
    """
    if no_password and not email:
        raise UsageError(f"account {account}: without a password it needs --email, or nobody could open it")
    data = DataDir.from_environment()
    _check_partner(data, partner)
    person = Person(account, name or account, AccountRole(role), partner)
    password = None if no_password else _password(password_stdin)
    Accounts(data.accounts).add(person, by="cli", password=password, email=email)
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


@user.command()
@json_option
def provider(as_json: bool) -> None:
    """Check the identity provider that oidc.toml names, and show what to register with it.

    \b
    In the data folder, oidc.toml:
      issuer = "https://id.example.org/realms/coalition"
      client_id = "chengqing"
      address = "https://desk.example.org"   # the desk's own
      name = "Coalition account"             # what the button says
      claim = "groups"                       # what the grants look at
      [[grants]]                             # without any, accounts are made by: user add --email
      value = "desk-leads"
      role = "lead"
      partner = "partner-a"
    The client secret: oidc_client_secret in secrets.toml, or CHENGQING_OIDC_CLIENT_SECRET.
    """
    from pipeline.oidc.flow import Flow

    found = load_provider(DataDir.from_environment())
    if found is None:
        raise UnknownName(
            "no identity provider: write oidc.toml in the data folder; chengqing user provider --help"
        )
    metadata = asyncio.run(Flow(found).metadata())
    row = {
        "issuer": found.issuer,
        "redirect address": found.callback,
        "secret": "kept" if found.secret else "none: a public client, PKCE alone",
        "scopes": " ".join(found.scopes),
        "sign-out there": "yes" if metadata.get("end_session_endpoint") else "not offered",
        "grants": "; ".join(_granted(found.claim, grant) for grant in found.grants)
        or "none: accounts by hand",
    }
    if as_json:
        show_json([row])
    else:
        show_rows([{"what": name, "value": value} for name, value in row.items()])


def _granted(claim: str, grant: Grant) -> str:
    return f"{claim} {grant.value}: {grant.role.value}{f' for {grant.partner}' if grant.partner else ''}"


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
