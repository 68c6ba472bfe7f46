"""Finds branches in the prose of runbooks: "If yes → step 4", "Otherwise go to step 2", "If not, escalate to …"."""

import re

import msgspec
from msgspec.structs import replace

_STEP = re.compile(
    r"\bstep\s{1,4}[#\[]?(\d{1,4}(?:\.\d{1,4}){0,3})\b(?:\]\([^)\s]{0,200}\))?|\b(done|finished|resolved|stop)\b(?=\s*(?:$|[.;,)!]))"
    r"|(?<=\bto )(\d{1,3})(?=[.,;)]?\s*$|[.,;)]\s)",  # "go to 4"
    re.IGNORECASE | re.MULTILINE,
)
_END_DETAIL = re.compile(
    r"\s*,(?!\s*(?:if|otherwise|else)\b)(?:(?!,\s*(?:if|otherwise|else)\b)[^.;!?\n]|[.;!?](?=\S)){1,300}", re.IGNORECASE
)
"""What belongs to an end: ", and tell Ann" after "stop"."""
_JUMP = re.compile(
    r"(?:\u2192|->|=>|\u21d2|\u279c|\b(?:go(?:\s+on)?|continue|proceed|jump)(?:\s+(?:to|with|at))?"
    r"|\b(?:(?:go|come|jump|move|loop|head)\s+)?back(?:\s+(?:to|with|at))|\b(?:skip|return|move)\s+(?:to|with|at)|\bgoto)\s*$",
    re.IGNORECASE,
)
_JUMP_TO_NUMBER = re.compile(r"(?:go(?:\s+(?:on|back))?|continue|jump|proceed|skip|return)\s+to\s+", re.IGNORECASE)
_FILLER = re.compile(
    r"(?:(?:^|(?<=[\s,;:(\[]))(?:and|or|then|please|just|simply|directly|now|again|you|we|should|must|will|(?:need|have)\s+to)\s+)+$",
    re.IGNORECASE,
)
"""Words that may precede "go to step 4" at the beginning of a clause."""
_AND = re.compile(r"\b(?:and|then)\b", re.IGNORECASE)
_CLAUSE_ENDS = re.compile(r"[^\w\s`'\"\u2019\u201d%]$|\b(?:otherwise|else|yes|no|so|if not)$", re.IGNORECASE)
_CONDITIONAL = re.compile(r"\W*(?:(?:and|or)\s+)?(?:if|when|in case|once|after|as soon as)\s.*(?<!\bto)", re.IGNORECASE)
_NEGATION = re.compile(r"\b(?:never|cannot|without|\w{1,9}n['\u2019]t)$|(?<!\bif )\bnot$", re.IGNORECASE)
_PROHIBITION = re.compile(r"\W*(?:please )?(?:do not|don['\u2019]t|never)\b", re.IGNORECASE)
_ONLY_IF = re.compile(r"[*_]{0,3}\s{1,4}(?:but\s)?(?:only|if|unless|until|when)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[.;!?]\s|\n|,\s(?=if\b|otherwise\b|else\b)", re.IGNORECASE)
_IF = re.compile(r"(?:and\s+|or\s+)?(?:if|when|in case)\s+(?:the answer is\s+)?|(?:then|and)$", re.IGNORECASE)
_YES_OR_NO = re.compile(
    r"[*_]{0,3}(?:(if)\s{1,4}(yes|no|so|not)|(yes|no|otherwise))\b[*_]{0,3}\s{0,4}"
    r"([:,\u2192\u21d2\u279c\u2013\u2014]|[-=]>|(?<=\s)[-=](?=\s)"
    r"|[-=](?=\s{0,4}(?:[a-z]{1,9}\s){0,4}step\s{1,4}\d))[>*_\s]*(.+)",
    re.IGNORECASE | re.DOTALL,
)
_POSSIBLE_ANSWER = re.compile(
    r"[*_]{0,3}(?:if\s{1,4})?(yes|no|so|not|otherwise)\b[*_]{0,3}\s{0,4}(?:[:=,;.(/>\u2013\u2014\u2192]|-(?!\w)|-\d)",
    re.IGNORECASE,
)
_ARROWS = ("\u2192", "\u21d2", "\u279c", "->", "=>")
_LABELS = {"yes": "Yes", "so": "Yes", "no": "No", "not": "Otherwise", "otherwise": "Otherwise"}
_THEN = re.compile(r"(?<![\s,])[\s,]{1,9}(?:and|then|and then)\s{0,9}$", re.IGNORECASE)
_SO = re.compile(r"so,", re.IGNORECASE)
_ESCALATES = re.compile(r"(?:escalate|contact|call|page)\b", re.IGNORECASE)
_OTHERWISE = {"otherwise", "else", "if not", "not"}
_ESCALATION = re.compile(
    r"(?:if|when)\s{1,4}([^,:\u2192]{1,80}?)\s{0,4}(?:[,:]|\u2192|->)\s{0,4}((?:escalate|contact|call|page)\b.{0,300})",
    re.IGNORECASE,
)
_PUNCTUATION = " ,:;-\u2013\u2014\u2192\u21d2\u279c*_`.()"
_MAX_LEAD = 200
"""Maximum number of characters before a jump that are searched for its condition."""


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """An answer and its target: a step, by its number, or a new node with a text. An unconditional jump has label "".

    A new node is an end, unless it `continues` to `step` or to the next step.
    """

    label: str
    line: int
    step: str = ""
    text: str = ""
    continues: bool = False
    ambiguous: str = ""
    """The original words if they may mean something else, such as "go to 4" without "step"."""
    sure: bool = True
    """Whether it is certainly an answer; otherwise that depends on the rest of the step."""


def split_branches(text: str, line: int) -> tuple[str, list[Branch]]:
    """Split a text into the text without its branches, and the branches."""
    found: list[Branch] = []
    rest, position, asked = [], 0, text.find("?")
    for match in _STEP.finditer(text):
        detail = _END_DETAIL.match(text, match.end()) if match[2] else None
        if match.start() < position or (detail and unread_jump(detail[0])):
            continue  # "Stop, and say when it is done", "Stop, then go to step 3"
        begin = max(position, match.start() - _MAX_LEAD)
        lead = text[begin : match.start()]
        jump = _JUMP.search(lead)
        before = lead[: jump.start()] if jump else lead
        arrow = jump is not None and not jump[0][0].isalpha()
        condition, start = _condition(before, arrow=arrow)
        end = f"{match[2].capitalize()}{detail[0] if detail else ''}" if match[2] else ""
        if not (
            _is_end(before, condition, end=end, asked=-1 < asked < match.start())
            if jump is None or (detail and before.strip())
            else arrow or _is_jump(before, jump[0], match)
        ):
            continue
        if not condition and jump and _ONLY_IF.match(text, match.end()):
            continue  # "Go to step 3 if the disk is full"
        before = text[position : begin + start]
        rest.append(before if condition else _THEN.sub("", before))
        ambiguous = f"{jump[0]}{match[3]}" if jump and match[3] else ""
        step = match[1] or match[3] or ""
        found.append(Branch(label=condition, line=line, step=step, text=end, ambiguous=ambiguous))
        position = detail.end() if detail else match.end()
    rest.append(text[position:])
    parts = [part.strip(" ,:;-\u2013\u2014") for part in rest] if found else rest
    return " ".join(part for part in parts if part.strip(" .")), found


def unread_jump(text: str) -> str:
    """Return words that look like a jump but are not one: "go to step 5" in "Never go to step 5"; "" if none."""
    for match in _STEP.finditer(text):
        jump = None if match[2] else _JUMP.search(text, max(0, match.start() - _MAX_LEAD), match.start())
        if jump is not None:
            return text[jump.start() : match.end()]
    return ""


def is_prohibition(text: str) -> bool:
    """Whether a text begins like a prohibition: "Never restart the database"."""
    return _PROHIBITION.match(text) is not None


def unread_answer(text: str) -> str:
    """Return the first word of a text that looks like an answer: "Not" in "Not: plug it in"; "" if it does not."""
    match = _POSSIBLE_ANSWER.match(text)
    return match[1].capitalize() if match else ""


def _is_end(before: str, condition: str, *, end: str, asked: bool) -> bool:
    """Whether "done" or "stop" after a text is an end: "Otherwise stop", "If so, done", but not "If not done"."""
    words = [word.strip(_PUNCTUATION) for word in before.casefold().split() if word.strip(_PUNCTUATION)]
    denied = not end.startswith("Stop") and before.casefold().rstrip(" *_").endswith("not")
    if denied or condition not in ("Yes", "No", "Otherwise"):
        return False
    return words[-1] in ("otherwise", "else") or words[-2:-1] in (["if"], ["is"]) or asked


def _is_jump(before: str, jump: str, step: re.Match[str]) -> bool:
    """Whether "go to step 4" after a text is a jump: at the beginning of a clause, or after "If the disk is full".

    "Roll back to 1", "Never go to step 5" and "Before you go to step 3" are not.
    """
    begin = max((match.end() for match in _SENTENCE.finditer(before)), default=0)
    whole = re.sub(r"[*_]", "", before[begin:])
    sentence = _FILLER.sub("", whole).rstrip()
    if (step[3] and not _JUMP_TO_NUMBER.fullmatch(jump)) or _NEGATION.search(sentence) or _PROHIBITION.match(sentence):
        return False
    if not sentence or _CLAUSE_ENDS.search(sentence) or _AND.search(whole[len(sentence) :]):
        return True
    back_alone = jump.casefold().startswith("back")
    return not step[3] and not back_alone and _CONDITIONAL.fullmatch(sentence) is not None


def _condition(lead: str, *, arrow: bool) -> tuple[str, int]:
    """Return the condition at the end of a text as a label, and the start of its sentence.

    Without a condition ("Restart it, then go to step 5"), the label is "", and the text stays.
    """
    start = 0
    for match in _SENTENCE.finditer(lead):
        if lead[match.end() :].strip(_PUNCTUATION):
            start = match.end()
    words = lead[start:].strip(_PUNCTUATION)
    asks = _IF.match(words) is not None
    bare = _IF.sub("", words, count=1).strip(_PUNCTUATION) if asks else words
    if words.casefold() in _OTHERWISE or bare.casefold() in _OTHERWISE:
        return "Otherwise", start
    if bare.casefold() == "so" and not asks and not arrow:
        return "", start
    if bare.casefold() in _LABELS:
        return _LABELS[bare.casefold()], start
    if asks or arrow or lead.rstrip(" *_").endswith((":", "-", "\u2013", "\u2014")):
        bare = _THEN.sub("", _SO.sub("Yes,", bare))
        return bare[:1].upper() + bare[1:], start
    return "", len(lead)


def parse_answer(text: str, line: int, *, asks: bool) -> Branch | None:
    """Return the branch in "Yes: go to step 4" or "No: plug it in"; None if the text is not an answer.

    The branch is not `sure` if it may be a remark: below a step that asks nothing, or in "No, really".
    """
    match = _YES_OR_NO.fullmatch(text.strip())
    label = _LABELS.get((match[2] or match[3]).casefold()) if match else None
    if match is None or label is None:  # ignoring case, the regex also matches a dotless i, which is not in `_LABELS`
        return None
    has_if, sign = match[1], match[4]
    rest, found = split_branches(f"\u2192 {match[5]}", line)
    jump = next((branch for branch in found if not branch.label), None)
    action = rest.strip("\u2192 ,:;")
    clear = sign != "," or label == "Otherwise" or jump is not None
    sure = bool(has_if) or sign in _ARROWS or (jump is not None and bool(jump.step)) or (asks and clear)
    step = jump.step if jump is not None else ""
    if jump is not None and not action.strip(_PUNCTUATION + "!"):
        return replace(jump, label=label, sure=sure)
    ends = jump is None and _ESCALATES.match(action) is not None
    return Branch(
        label=label, line=line, step=step, text=action[:1].upper() + action[1:], continues=not ends, sure=sure
    )


def parse_escalation(text: str, line: int) -> Branch | None:
    """Return the branch in "If it still fails, call the network team"; None if the text does not begin like that."""
    match = _ESCALATION.match(text.strip())
    if match is None:
        return None
    label, text_ = match[1].strip(_PUNCTUATION), match[2].strip()
    return Branch(label=label[:1].upper() + label[1:], line=line, text=text_[:1].upper() + text_[1:])
