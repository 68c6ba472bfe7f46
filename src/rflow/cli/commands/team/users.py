"""Commands for accounts: user add, list, password, role, mail, disable, enable, erase."""

from typing import TYPE_CHECKING, Annotated, Literal

from rflow.cli.app import App
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Json
from rflow.core.text import counted, one_line
from rflow.errors import UsageProblem
from rflow.ports.team import OffboardingResult, OneTimeLink, User

if TYPE_CHECKING:
    from rflow.cli.display.links import Base

app = Group(help="Accounts: add, list, password, role, mail, disable, enable, erase.")
Name = Annotated[str, Argument(metavar="NAME", help="The account's name: see `rflow user list`.")]
FromStdin = Annotated[bool, Option("--password-stdin", help="Read the password from standard input.")]
Heir = Annotated[
    str, Option("--heir", metavar="WHO", help="Who gets their open sessions: a member, or a queue (@tier2).")
]
Yes = Annotated[bool, Option("--yes", help="Don't ask.")]


@app.command()
def add(
    run: App,
    name: Annotated[str, Argument(metavar="NAME", help="The person's name in sessions and handoffs.")],
    admin: Annotated[bool, Option("--admin", help="An admin: manages accounts, spaces and the store.")] = False,
    agent: Annotated[bool, Option("--agent", help="A program, which signs in with tokens only.")] = False,
    password_stdin: FromStdin = False,
    json: Json = False,
) -> None:
    """Create an account.

    Without a password, a person gets a link to set one, which works once, for 72 hours.
    """
    from rflow.cli.display.links import base_of
    from rflow.cli.input import read_password

    base = base_of(run)  # before anything is written: the setting may be no address
    password = read_password(run, "Password", from_stdin=True) if password_stdin else ""
    new = run.accounts.add(run.text(name), password=password, admin=admin, agent=agent)
    if json:
        link = _link_record(base, new.invitation) if new.invitation else None
        run.out_json({**_record(new.user), "invitation": link})
        return
    run.say(f"{new.user.name}: account created{' (admin)' if new.user.admin else ''}.")
    if new.invitation:
        _show_link(run, base, new.invitation)
    if not new.user.admin:
        run.say(f'They see nothing yet: rflow space members default --add "{new.user.name}" --role member')


@app.command("list")
def list_(run: App, json: Json = False) -> None:
    """List all accounts, with their roles."""
    from rflow.cli.display.lists import table

    users = run.accounts.users()
    if json:
        run.out_json([_record(user) for user in users])
    elif users:
        rows = [(user.name, _what(user), _roles(user)) for user in users]
        run.out(table([("NAME", "", "SPACES"), *rows]))
    else:
        run.say("There are no accounts. The first must be an admin: rflow user add NAME --admin")


@app.command()
def password(
    run: App,
    name: Name,
    link: Annotated[bool, Option("--link", help="Create a link to set it, which works once, for 72 hours.")] = False,
    password_stdin: FromStdin = False,
    json: Json = False,
) -> None:
    """Set a password; all web sessions of that account end."""
    from rflow.cli.display.links import base_of
    from rflow.cli.input import read_password

    if link:
        base = base_of(run)
        made = run.accounts.one_time_link(run.text(name))
        return run.out_json(_link_record(base, made)) if json else _show_link(run, base, made)
    user = run.accounts.user(run.text(name))
    secret = read_password(run, f"New password of {user.name}", from_stdin=password_stdin)
    run.accounts.set_password(user.name, secret)
    return run.say(f"{user.name}: password set; their web sessions have ended.")


@app.command()
def role(
    run: App,
    name: Name,
    role: Annotated[Literal["admin", "user"], Argument(metavar="admin|user", help="What they are on this server.")],
) -> None:
    """Make somebody an admin, or an ordinary user again.

    Roles in a space are set by `rflow space members`.
    """
    user = run.accounts.set_admin(run.text(name), admin=role == "admin")
    run.say(f"{user.name} is {'an admin now' if user.admin else 'no admin any longer'}.")


@app.command()
def mail(
    run: App,
    name: Name,
    address: Annotated[
        str, Argument(metavar="[ADDRESS]", help='Their e-mail address; "" removes it.', show_default=False)
    ] = " ",
    off: Annotated[bool, Option("--off", help="They want no notices.")] = False,
    on: Annotated[bool, Option("--on", help="They want notices again.")] = False,
    json: Json = False,
) -> None:
    """Show or set where somebody gets notices: that a handoff or a question waits for them.

    A server with a mail server sends them (see docs/notices.md).
    """
    if on and off:
        raise UsageProblem("--on and --off exclude each other.", try_="Use one of them.")
    user = run.accounts.user(run.text(name))
    if address != " " or on or off:
        wanted = None if not (on or off) else on
        user = run.accounts.set_notices(user.name, email=None if address == " " else run.text(address), on=wanted)
    if json:
        run.out_json(_record(user))
    else:
        run.out(f"{user.name}: {_notices(user)}")


def _notices(user: User) -> str:
    if not user.notices:
        return f"no notices{f' (the address is {user.email})' if user.email else ''}"
    return f"notices to {user.email}" if user.email else "no address yet"


@app.command()
def disable(run: App, name: Name, heir: Heir = "", json: Json = False) -> None:
    """Disable an account.

    It can't sign in, and its web sessions, tokens and links end at once.

    Its open sessions go to --heir, else to the queue @unassigned.
    """
    left = run.accounts.disable(run.text(name), run.text(heir))
    if json:
        run.out_json({"user": _record(left.user), "links": left.links, "sessions": left.sessions})
        return
    run.say(f"{left.user.name} can't sign in any longer. To undo that: rflow user enable {_quoted(left.user)}")
    _show_left(run, left)


@app.command()
def enable(run: App, name: Name) -> None:
    """Let a disabled account sign in again.

    Its tokens and links stay ended.
    """
    user = run.accounts.enable(run.text(name))
    run.say(f"{user.name} can sign in again.")


@app.command()
def erase(run: App, name: Name, heir: Heir = "", yes: Yes = False) -> None:
    """Remove an account for good.

    Its name is replaced in every session, link and audit entry.

    It can't be undone. The name stays in the content of evidence, which rflow does not change.
    """
    user = run.accounts.user(run.text(name))
    if not yes:
        run.confirm(f"Erase {user.name} from this store for good?", "--yes")
    left = run.accounts.erase(user.name, run.text(heir))
    run.say(f"Erased from {counted(left.rewritten, 'session')}.")
    _show_left(run, left)


def _show_left(run: App, left: OffboardingResult) -> None:
    ended = f"tokens, web sessions and one-time links: {left.credentials}; links to sessions: {left.links}"
    run.say(f"Ended {ended}. Open sessions that moved: {len(left.sessions)}.")
    for code, to in left.sessions.items():
        run.say(f"  {code} → {one_line(to)}")
    if left.unreadable:
        codes = ", ".join(left.unreadable)
        run.say(f"Warning: these can't be read in full, so they stayed as they are: {codes}. See: rflow store check")


def _quoted(user: User) -> str:
    from shlex import quote

    return quote(user.name)


def _show_link(run: App, base: "Base", link: OneTimeLink) -> None:
    from rflow.cli.commands.sharing.share import moment

    record = _link_record(base, link)
    what = "Invitation" if link.kind == "invitation" else "Link to set a new password"
    run.say(f"{what} for {link.user}, works once, until {moment(link.expires_at)}. It is shown only now:")
    run.out(str(record["url"]))


def _link_record(base: "Base", link: OneTimeLink) -> dict[str, object]:
    url = f"{base.url}/set-password/{link.token}"
    return {"kind": link.kind, "user": link.user, "token": link.token, "url": url, "expires_at": link.expires_at}


def _what(user: User) -> str:
    parts = ["agent" if user.kind == "agent" else "", "admin" if user.admin else "", "" if user.active else "disabled"]
    parts += ["" if user.password or user.kind == "agent" else "no password yet"]
    return ", ".join(part for part in parts if part)


def _roles(user: User) -> str:
    return ", ".join(f"{space} ({role})" for space, role in sorted(user.roles.items()))


def _record(user: User) -> dict[str, object]:
    return {
        "id": user.id,
        "name": user.name,
        "kind": user.kind,
        "admin": user.admin,
        "active": user.active,
        "password": user.password,
        "roles": user.roles,
        "created_at": user.created_at,
        "email": user.email,
        "notices": user.notices,
    }
