"""Commands for spaces: space add, list, members, policy, erase, clean."""

from datetime import timedelta
from typing import Annotated, Literal

from msgspec.structs import replace

from rflow.cli.app import App
from rflow.cli.parsing.declare import Argument, Group, Option
from rflow.cli.parsing.options import Json
from rflow.core.actors import MemberRole
from rflow.core.space_policy import LinkPolicy, Policy, shown
from rflow.core.text import counted, one_line
from rflow.errors import UsageProblem
from rflow.ports.team import SpaceView

app = Group(help="Spaces and who is in them: add, list, members, policy, erase, clean.")
Name = Annotated[str, Argument(metavar="NAME", help="The space: see `rflow space list`.")]
LINKS: dict[str, LinkPolicy] = {"off": "off", "signed-in": "signed_in", "public": "public"}


@app.command()
def add(
    run: App,
    name: Annotated[str, Argument(metavar="NAME", help="A team, or a customer.")],
    json: Json = False,
) -> None:
    """Create a space. Only its members see the sessions, trees and links in it."""
    space = run.spaces.add(run.text(name))
    if json:
        run.out_json(_record(space))
    else:
        run.say(f'{space.name}: space created. Next: rflow space members "{space.name}" --add USER --role member')


@app.command("list")
def list_(run: App, json: Json = False) -> None:
    """List the spaces that you may see, with their policies."""
    from rflow.cli.display.lists import table

    spaces = run.workspace.spaces() if run.at_server else run.spaces.spaces()
    if json:
        run.out_json([_record(space) for space in spaces])
    else:
        rows = [(space.name, space.role, _policy(space.policy)) for space in spaces]
        run.out(table([("SPACE", "ROLE", "POLICY"), *rows]))


@app.command()
def members(
    run: App,
    name: Name,
    add: Annotated[str, Option("--add", metavar="USER", help="Give an account a role here.")] = "",
    role: Annotated[
        Literal["reader", "member", "lead"], Option("--role", metavar="reader|member|lead", help="The role for --add.")
    ] = "member",
    remove: Annotated[str, Option("--remove", metavar="USER", help="Take an account's role here.")] = "",
    json: Json = False,
) -> None:
    """List who is in a space, or change it.

    A reader reads, a member works on sessions, a lead also reassigns and erases them and sets the policy.
    """
    from rflow.cli.display.lists import table

    if add:
        _set(run, name, run.text(add), role)
    if remove:
        _set(run, name, run.text(remove), None)
    listed = run.spaces.members(run.text(name))
    if json:
        run.out_json([{"id": each.person.id, "name": each.person.name, "role": each.role} for each in listed])
    elif listed and not (add or remove):
        run.out(table([("MEMBER", "ROLE"), *((each.person.name, each.role) for each in listed)]))
    elif not listed:
        run.say(f'Nobody is in {name} yet: rflow space members "{name}" --add USER --role member')


def _set(run: App, name: str, user: str, role: MemberRole | None) -> None:
    run.spaces.set_role(run.text(name), user, role)
    run.say(f"{user} is {f'a {role}' if role else 'no member any longer'} in {name}.")


@app.command()
def policy(
    run: App,
    name: Name,
    links: Annotated[
        Literal["off", "signed-in", "public"] | None,
        Option("--links", metavar="off|signed-in|public", help="Who may open links to sessions here."),
    ] = None,
    longest_link: Annotated[
        str, Option("--longest-link", metavar="SPAN|never", help="How long a link works at most: 12h, 7d.")
    ] = "",
    retention: Annotated[
        str, Option("--retention", metavar="SPAN|never", help="How long closed sessions are kept: 90d.")
    ] = "",
    notice_texts: Annotated[
        Literal["yes", "no"] | None,
        Option("--notice-texts", metavar="yes|no", help="Whether notices show titles, notes and questions."),
    ] = None,
    remind_after: Annotated[
        str, Option("--remind-after", metavar="SPAN|never|default", help="When to remind of a handoff: 30m.")
    ] = "",
    handoff_life: Annotated[
        str, Option("--handoff-life", metavar="SPAN|never|default", help="When a handoff goes back: 4h.")
    ] = "",
    json: Json = False,
) -> None:
    """Show or set the policy of a space."""
    space = _named(run, run.text(name))
    changed = _with_handoffs(space.policy, notice_texts, remind_after, handoff_life)
    if links is not None:
        changed = replace(changed, links=LINKS[links])
    if longest_link:
        longest = _span(longest_link)
        changed = replace(changed, longest_link=int(longest.total_seconds()) if longest is not None else None)
    if retention:
        changed = replace(changed, retention_days=_days(retention))
    if changed != space.policy:
        space = run.spaces.set_policy(space.name, changed)
    if json:
        run.out_json(_record(space))
    else:
        run.out(f"{one_line(space.name)}: {_policy(space.policy)}")


def _with_handoffs(policy: Policy, notice_texts: str | None, remind_after: str, handoff_life: str) -> Policy:
    """Return a policy with what the options say of handoffs and notices."""
    if notice_texts is not None:
        policy = replace(policy, notice_texts=notice_texts == "yes")
    if remind_after:
        policy = replace(policy, remind_after=_seconds(remind_after))
    if handoff_life:
        policy = replace(policy, handoff_life=_seconds(handoff_life))
    return policy


def _seconds(text: str) -> int | None:
    """Read a span in seconds; "never" is 0, "default" leaves it to the server."""
    if text.strip().casefold() == "default":
        return None
    length = _span(text)
    return int(length.total_seconds()) if length is not None else 0


def _named(run: App, name: str) -> SpaceView:
    from rflow.service.sessions import space_named

    return space_named(run.workspace, name)


def _span(text: str) -> timedelta | None:
    from rflow.cli.times import span

    return None if text.strip().casefold() == "never" else span(text, "never")


def _days(text: str) -> int | None:
    kept = _span(text)
    if kept is not None and kept % timedelta(days=1):
        raise UsageProblem("Sessions are kept for whole days.", try_="Use --retention 90d, or never.")
    return kept.days if kept is not None else None


@app.command()
def erase(
    run: App,
    name: Name,
    customer: Annotated[str, Option(metavar="NAME", help="The customer, as the sessions name it.")],
    yes: Annotated[bool, Option("--yes", help="Don't ask.")] = False,
    json: Json = False,
) -> None:
    """Delete all sessions of a customer in a space for good, open ones too, with their links.

    It can't be undone. Backups keep them.
    """
    space = _named(run, run.text(name))
    customer = run.text(customer)
    if not yes:
        run.confirm(f'Delete all sessions of "{one_line(customer)}" in {one_line(space.name)} for good?', "--yes")
    codes = run.spaces.erase(space.name, customer)
    if json:
        run.out_json(codes)
    else:
        run.say(f"Deleted {counted(len(codes), 'session')}{': ' if codes else ''}{', '.join(codes)}.")


@app.command()
def clean(run: App, json: Json = False) -> None:
    """Delete closed sessions older than their space keeps them.

    A server does so every hour; without one, run it every day, from cron or a timer.
    """
    codes = run.spaces.clean()
    if json:
        run.out_json(codes)
    else:
        run.say(f"Deleted {counted(len(codes), 'session')}{': ' if codes else ''}{', '.join(codes)}.")


def _policy(policy: Policy) -> str:
    words = {"off": "links off", "signed_in": "links for signed-in people", "public": "public links"}
    parts = [words[policy.links]]
    if policy.longest_link is not None and policy.links != "off":
        parts.append(f"for {shown(timedelta(seconds=policy.longest_link))} at most")
    if policy.retention_days is not None:
        parts.append(f"closed sessions kept {counted(policy.retention_days, 'day')}")
    if policy.notice_texts:
        parts.append("notices show texts")
    if policy.remind_after is not None:
        parts.append(f"reminders {_after(policy.remind_after)}")
    if policy.handoff_life is not None:
        parts.append(f"handoffs go back {_after(policy.handoff_life)}")
    return ", ".join(parts)


def _after(seconds: int) -> str:
    return f"after {shown(timedelta(seconds=seconds))}" if seconds else "never"


def _record(space: SpaceView) -> dict[str, object]:
    policy = space.policy
    return {
        "id": space.id,
        "name": space.name,
        "role": space.role,
        "links": policy.links,
        "longest_link": policy.longest_link,
        "retention_days": policy.retention_days,
        "notice_texts": policy.notice_texts,
        "remind_after": policy.remind_after,
        "handoff_life": policy.handoff_life,
    }
