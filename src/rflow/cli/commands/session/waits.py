"""Messages about a wait that starts or ends, and about the remaining ones, for the command `wait`."""

from collections.abc import Iterable
from shlex import quote

from rflow.cli.app import App
from rflow.cli.display.entries import plans_in_words, quoted
from rflow.cli.input import may_be_cut
from rflow.cli.times import is_time, stated
from rflow.core.session.commands import SetWaiting
from rflow.core.session.rules.waits import named_wait
from rflow.core.session.state import Wait
from rflow.core.text import one_line
from rflow.errors import UsageProblem

_FIT = 14
"""How many words of a wait are shown uncut."""
_DIGITS = 10
"""The maximum number of digits of an entry's number."""


def check_swapped(run: App, whom: str, for_: str, until: str | None) -> None:
    """Raise `UsageProblem` with the line to type if --for has a time: WHOM --for 30m."""
    given = [text for text in (whom, for_, until or "") if text.strip()]
    named = [text for text in given if not is_time(text)]
    misplaced = next((text for text in (whom, for_) if text.strip() and is_time(text)), None)
    if misplaced is None or len(named) > 1:
        return
    moment = until if until and is_time(until) else misplaced
    raise UsageProblem(
        f'"{misplaced}" is a time, and times go to --until; --for is who or what it is waiting for.',
        try_=_line(run, named[0] if named else "WHOM", moment),
    )


def _check_deadline(run: App, waiting_for: str) -> None:
    """Raise `UsageProblem` with the line to type if a wait without --until ends with a time: WHOM until 15:00."""
    words = waiting_for.split()
    for length in (1, 2):  # "15:00", "friday 9:00"
        *whom, last = words[:-length] or [""]
        moment = " ".join(words[-length:])
        if whom and last.casefold() in ("until", "bis") and is_time(moment):
            raise UsageProblem(
                f'"{last} {moment}" at the end sets no deadline: times go to --until.',
                try_=_line(run, " ".join(whom), moment),
            )


def _line(run: App, whom: str, moment: str) -> str:
    """Return the advice with the line to type."""
    from rflow.cli.parsing.suggested_line import in_quotes, line_of

    session = f" -s {quote(run.session_reference)}" if run.session_reference else ""
    return f"Write it as: {line_of(f'{run.program}{session} wait', [whom], f'--until {in_quotes(moment)}')}"


def begin_wait(run: App, command: SetWaiting) -> None:
    """Record a wait; say which one it replaces, which others there are, and how to end one."""
    if command.until is None:
        _check_deadline(run, command.waiting_for)
    before = run.target_session()
    outcome = run.send(before, command)
    after = outcome.session
    wait = after.waits.get(outcome.entry)
    plans = plans_in_words(command.contingencies)
    run.report(outcome, f"waiting{_words(wait, whole=True) if wait else ''}{f'; {plans}' if plans else ''}.")
    if wait is None:  # sent again, when it was over already
        return
    begin = run.command_prefix(after)
    _say_cut(run, wait, begin)
    for old in (old for seq, old in before.waits.items() if seq not in after.waits):
        _say_replaced(run, old, wait, begin)
    others = [other for other in after.waiting if other.seq != wait.seq]
    if others:
        run.say(f"Also waiting{_each(others)}.", verbatim=True)
    run.say(f"Once it is over: {begin} wait --over{f' {wait.seq}' if others else ''}")


def _say_cut(run: App, wait: Wait, begin: str) -> None:
    if not wait.contingencies and not may_be_cut(wait.waiting_for, _FIT):
        return
    from rflow.cli.display.shown import Typed, if_thens, say_cut

    texts = [Typed(kind="wait", text=wait.waiting_for), *if_thens(wait.contingencies)]
    say_cut(run, f"{begin} wait --replaces {wait.seq}", texts)


def _say_replaced(run: App, old: Wait, wait: Wait, begin: str) -> None:
    if (old.waiting_for, old.until) != (wait.waiting_for, wait.until):
        run.say(f"This takes the place of waiting{_words(old)}. To take it back: {begin} undo", verbatim=True)
    if old.contingencies:
        plans = "; ".join(f"if {plan.condition}: {plan.action}" for plan in old.contingencies)
        stay = old.contingencies == wait.contingencies
        what = "What to do if something happens stays" if stay else "No longer planned, because of the new --if"
        run.say(f"{what}: {plans}.", verbatim=True)


def end_wait(run: App, name: str, command_id: str) -> None:
    """End a wait: the one named by its number or the start of its text, or the only one."""
    before, name = run.target_session(), name.strip()
    repeated = before.event_of_command(command_id, run.me) is not None
    seq = None if repeated or not name else int(name) if _is_number(name) else named_wait(before, name)
    outcome = run.send(before, SetWaiting(replaces=seq, command_id=command_id))
    after = outcome.session
    over = [wait for seq, wait in before.waits.items() if seq not in after.waits]
    run.report(outcome, f"no longer waiting{_words(over[0], until=False) if over else ''}.")
    if after.waiting:
        run.say(f"Still waiting{_each(after.waiting)}.", verbatim=True)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) < _DIGITS


def _each(waits: Iterable[Wait]) -> str:
    return ";".join(f"{_words(wait)} ({wait.seq})" for wait in waits)


def _words(wait: Wait, *, until: bool = True, whole: bool = False) -> str:
    """Return the subject of a wait, shortened unless `whole`, and its deadline."""
    text = f'"{one_line(wait.waiting_for)}"' if whole else quoted(wait.waiting_for)
    what = f" for {text}" if wait.waiting_for else ""
    return f"{what}{f' until {stated(wait.until)}' if until and wait.until else ''}"
