"""Commands for the header facts, changes and waits: brief, change, wait."""

from collections.abc import Mapping
from typing import Annotated

from rflow.cli.app import App
from rflow.cli.ask import or_exit, typed
from rflow.cli.input import joined, one_of, pairs, way_back_in
from rflow.cli.output import styled
from rflow.cli.parsing.declare import Group, Option, Words, parameters
from rflow.cli.parsing.options import Actions, CommandId, Conditions
from rflow.core.session.commands import MakeChange, RevertChange, SetBrief, SetWaiting
from rflow.core.session.events import Brief, BriefSet, SessionStarted
from rflow.core.session.rules.access import keeps
from rflow.core.session.state import Session
from rflow.core.text import one_line, shorten
from rflow.errors import UsageProblem

app = Group()
_FACTS = ("title", "ask", "situation", "impact", "hypothesis", "ticket", "customer", "severity")
"""The header facts in the order in which `brief` shows them."""
_LENGTH = 500
"""How many characters of a text are repeated."""


@app.command()
def brief(
    run: App,
    ask: Annotated[str | None, Option(metavar="TEXT", help="What you need, and who from.")] = None,
    situation: Annotated[str | None, Option(metavar="TEXT", help="What happens, since when.")] = None,
    impact: Annotated[str | None, Option(metavar="TEXT", help="Who can't do what.")] = None,
    hypothesis: Annotated[
        str | None,
        Option(metavar="TEXT", help="The cause you suspect; once it is shown: `note --pin`; taken as given: `assume`."),
    ] = None,
    title: Annotated[str | None, Option(metavar="TEXT", help="What is wrong, in a line.")] = None,
    ticket: Annotated[str | None, Option(metavar="TEXT", help="The ticket it belongs to.")] = None,
    customer: Annotated[str | None, Option(metavar="TEXT", help="Whose problem it is.")] = None,
    severity: Annotated[str | None, Option(metavar="TEXT", help="How bad it is, on your own scale.")] = None,
    command_id: CommandId = "",
) -> None:
    """Record what a summary begins with; an empty text clears it. Without an option: show it.

    The brief form never cuts an ask of up to 60 words, a situation of 12, an impact of 14, a hypothesis of 12.
    """
    facts = {
        "ask": ask,
        "situation": situation,
        "impact": impact,
        "hypothesis": hypothesis,
        "ticket": ticket,
        "customer": customer,
        "severity": severity,
    }
    facts = {name: None if text is None else run.text(text) for name, text in facts.items()}
    new_title = None if title is None else run.text(title)
    if new_title is None and not any(text is not None for text in facts.values()):
        _show_brief(run)
        return
    session = run.loaded()
    replaces = displayed_brief(session, run.seen(session), run.me.id) if session.version else None
    command = SetBrief(brief=Brief(**facts), title=new_title, replaces=replaces, command_id=command_id)
    outcome = run.send(session, command)
    run.report(outcome, _recorded(facts | {"title": new_title}))
    _say_cut(run, outcome.session, facts)
    begin = run.command_prefix(outcome.session)
    if hypothesis and hypothesis.strip():
        run.say(f'Once it is shown, pin a note of it and clear it: {begin} brief --hypothesis ""')
    if ask:
        from rflow.cli.delivering.deliver import missing_situation, old_situation
        from rflow.cli.delivering.room import warn_about_brief

        old_situation(run, outcome.session, begin)
        missing_situation(run, outcome.session, begin)
        warn_about_brief(run, outcome.session, begin)


def _show_brief(run: App) -> None:
    """Show the header facts, each after the option that changes it."""
    from rflow.cli.display.text import wrapped

    session = run.session()
    options = {each.name: each.declared for each in parameters(brief)}
    run.out(styled(wrapped(f"{session.code}  {one_line(session.title)}"), bold=True))
    width = max(map(len, _FACTS)) + len("  --  ")
    for name in _FACTS:
        text = session.title if name == "title" else getattr(session.brief, name) or ""
        help_ = str(options[name].details["help"]).partition(";")[0].rstrip(".")
        value = one_line(text) or f"(not set: {help_[:1].lower()}{help_[1:]})"
        run.out(styled(wrapped(value, " " * width, f"  --{name}".ljust(width)), dim=not text))
    run.out(f"\n{_how_to_change(run, session)}")
    if (run.seen(session) or 0) >= session.steered:  # this does not show a move that was missed
        run.mark_seen(session)


def _how_to_change(run: App, session: Session) -> str:
    """Say who can change the header facts, and how."""
    if not keeps(session, run.me.id):
        return f"Only {session.owner.name}, who owns it, can change these."
    if session.status == "closed":
        return f"{session.code} is closed. To change one, first: {run.program} reopen {session.code}"
    return f'To change one: {run.command_prefix(session)} brief --ask "…"   (an empty text clears it)'


def displayed_brief(session: Session, version: int | None, me: str) -> Brief:
    """Return the header facts that `me` has seen: those of the `version` displayed last, and those they set themselves.

    Where no version is known, all are known. A fact that was not set is "".
    """
    briefs = [
        event.fact.brief
        for event in session.adjustments.values()
        if isinstance(event.fact, BriefSet | SessionStarted)
        and (version is None or event.seq <= version or event.by.id == me)
    ]
    values: dict[str, str] = dict.fromkeys(Brief.__struct_fields__, "")
    for known in briefs:
        values |= {name: text for name in values if (text := getattr(known, name)) is not None}
    return Brief(**values)


def _recorded(facts: Mapping[str, str | None]) -> str:
    """Return a phrase for which facts were recorded and which were cleared."""
    given = {name: text for name, text in facts.items() if text and text.strip()}
    recorded = [f'{name} "{shorten(text, _LENGTH)}"' for name, text in given.items()]
    cleared = [name for name, text in facts.items() if text is not None and not text.strip()]
    parts = [f"{', '.join(items)} {word}" for items, word in ((recorded, "recorded"), (cleared, "cleared")) if items]
    return f"{'; '.join(parts)}."


def _say_cut(run: App, session: Session, facts: Mapping[str, str | None]) -> None:
    """Say which facts the brief form may cut."""
    from rflow.cli.display.shown import LIMITS, Typed, say_cut

    texts = [
        Typed(kind=name, name=f"the {name}", text=text, part=f'--{name} "…"') for name, text in facts.items() if text
    ]
    say_cut(run, f"{run.command_prefix(session)} brief", [text for text in texts if text.kind in LIMITS])


@app.command()
def change(
    run: App,
    words: Annotated[list[str] | None, Words(metavar="[TEXT]", help="What you changed on the system.")] = None,
    revert: Annotated[str, Option(metavar="HOW", help="How to revert it.")] = "",
    reverted: Annotated[int | None, Option(metavar="SEQ", help="This change has been reverted.")] = None,
    note: Annotated[str, Option(metavar="TEXT", help="Of --reverted: who or what reverted it, or why.")] = "",
    command_id: CommandId = "",
) -> None:
    """Record a change made on the system, and how to revert it.

    What came of it is a step of its own: the result of your next `rflow step` stands behind the change if it comes
    within half an hour and names something of it. The brief form shows 7 words of a change whole, and a way back of up
    to 20.
    """
    from rflow.cli.display.entries import CONFIRMED, quoted, way_back
    from rflow.cli.display.shown import say_cut_entry

    session, text = run.target_session(), joined(run, words)
    if reverted is not None:
        command = RevertChange(change=reverted, note=run.text(note), command_id=command_id)
        _reverted(run, session, command, alone=not (text or revert))
        return
    if note:
        raise UsageProblem(
            "--note belongs to --reverted.", try_='rflow change --reverted SEQ --note "Argo put it back"'
        )
    text, said = (text, "") if revert.strip() else way_back_in(text)
    back = run.text(revert) if revert.strip() else said or (_way_back(run, text) if text.strip() else "")
    outcome = run.send(session, MakeChange(text=text, revert=back, command_id=command_id))
    made = outcome.session.changes.get(outcome.entry)
    what = f"change {outcome.entry} recorded"
    if made:
        run.report(outcome, f"{what}: {quoted(made.text, CONFIRMED)}", whole=way_back(made.revert))
    else:
        run.report(outcome, f"{what}.")
    say_cut_entry(run, outcome.session, outcome.entry)
    run.say(f"Once reverted: {run.command_prefix(outcome.session)} change --reverted {outcome.entry}")


def _way_back(run: App, text: str) -> str:
    """Ask at a terminal how a change can be reverted; the change is recorded even if that is unknown."""
    if not run.can_ask:
        from rflow.cli.parsing.suggested_line import line_of

        whole = line_of("rflow change", [text], '--revert "…"')
        raise UsageProblem("How can it be reverted?", try_=f'{whole}, or --revert "not known".')
    answer = or_exit(typed("How can it be reverted? (empty: not known)"))
    return run.text(answer).strip() or "not known"


def _reverted(run: App, session: Session, command: RevertChange, *, alone: bool) -> None:
    """Record that a change was reverted."""
    from rflow.cli.display.entries import described, quoted

    seq = command.change
    if not alone:
        again = f'rflow change --reverted {seq} --note "Argo put it back"'
        raise UsageProblem("--reverted takes no text but its --note.", try_=again)
    outcome = run.send(session, command)
    note = f": {quoted(command.note)}" if command.note.strip() else ""
    run.report(outcome, f"{described(outcome.session, seq)} reverted{note}.")


@app.command()
def wait(
    run: App,
    whom: Annotated[list[str] | None, Words(metavar="[WHOM]", help="Who or what it is waiting for.")] = None,
    for_: Annotated[str, Option("--for", metavar="TEXT", help="The same as WHOM; how long is --until.")] = "",
    until: Annotated[str | None, Option(metavar="TIME", help='Until when: 14:30, 2h, "friday 9:00".')] = None,
    over: Annotated[bool, Option("--over", help="This wait is over; WHOM is its number or how it begins.")] = False,
    replaces: Annotated[
        int | None, Option(metavar="SEQ", help="It takes the place of this wait, and keeps the rest of it.")
    ] = None,
    if_: Conditions = None,
    then: Actions = None,
    command_id: CommandId = "",
) -> None:
    """Record what the session is waiting for, and until when; there can be several waits.

    One about the same, with the same words up to the first colon, takes the place of the other. Each --if and --then,
    in up to 40 words, says what to do if something happens meanwhile. The brief form shows a wait of up to 14 words
    whole, and has room for an if-then of up to 20.
    """
    from rflow.cli.commands.session.waits import begin_wait, check_swapped, end_wait
    from rflow.cli.times import future

    if not over:
        check_swapped(run, joined(run, whom), run.text(for_), until)
    plans, waiting_for = pairs(run, if_, then), one_of(joined(run, whom), run.text(for_), "--for")
    if over:
        if plans or until or replaces is not None:
            raise UsageProblem("--over takes only the wait that is over.", try_="Leave --until, --if and the like out.")
        end_wait(run, waiting_for, command_id)
        return
    if not (waiting_for.strip() or until or (plans and replaces is not None)):
        raise UsageProblem(
            "What is it waiting for?",
            try_='rflow wait "the network team", with --until TIME; or --over once it is over.',
        )
    moment = future(until, run.workspace.now()) if until else None
    command = SetWaiting(
        until=moment, waiting_for=waiting_for, contingencies=plans, replaces=replaces, command_id=command_id
    )
    begin_wait(run, command)
