"""Branches in the prose of runbooks: "If yes → step 4", "Otherwise go to step 2", "If not, escalate to …"."""

import re

import msgspec
from msgspec.structs import replace

_STEP = re.compile(
    r"\bstep\s{1,4}[#\[]?(\d{1,4}(?:\.\d{1,4}){0,3})\b(?:\]\([^)\s]{0,200}\))?|\b(done|finished|resolved|stop)\b(?=\s*(?:$|[.;,)!]))"
    r"|(?<=\bto )(\d{1,3})(?=[.,;)]?\s*$|[.,;)]\s)",  # "go to 4"
    re.IGNORECASE | re.MULTILINE,
)
_ALSO = re.compile(
    r"\s*,(?!\s*(?:if|otherwise|else)\b)(?:(?!,\s*(?:if|otherwise|else)\b)[^.;!?\n]|[.;!?](?=\S)){1,300}", re.IGNORECASE
)
"""What belongs to an end: ", and tell Ann" behind "stop"."""
_LEADS = re.compile(
    r"(?:\u2192|->|=>|\u21d2|\u279c|\b(?:go(?:\s+on)?|continue|proceed|jump)(?:\s+(?:to|with|at))?"
    r"|\b(?:(?:go|come|jump|move|loop|head)\s+)?back(?:\s+(?:to|with|at))|\b(?:skip|return|move)\s+(?:to|with|at)|\bgoto)\s*$",
    re.IGNORECASE,
)
_LEADS_TO_A_NUMBER = re.compile(r"(?:go(?:\s+(?:on|back))?|continue|jump|proceed|skip|return)\s+to\s+", re.IGNORECASE)
_HANDED_ON = re.compile(
    r"(?:(?:^|(?<=[\s,;:(\[]))(?:and|or|then|please|just|simply|directly|now|again|you|we|should|must|will|(?:need|have)\s+to)\s+)+$",
    re.IGNORECASE,
)
"""What may stand between the beginning of a clause and "go to step 4"."""
_AND = re.compile(r"\b(?:and|then)\b", re.IGNORECASE)
_CLAUSE_ENDS = re.compile(r"[^\w\s`'\"\u2019\u201d%]$|\b(?:otherwise|else|yes|no|so|if not)$", re.IGNORECASE)
_CONDITIONAL = re.compile(r"\W*(?:(?:and|or)\s+)?(?:if|when|in case|once|after|as soon as)\s.*(?<!\bto)", re.IGNORECASE)
_DENIES = re.compile(r"\b(?:never|cannot|without|\w{1,9}n['\u2019]t)$|(?<!\bif )\bnot$", re.IGNORECASE)
_FORBIDS = re.compile(r"\W*(?:please )?(?:do not|don['\u2019]t|never)\b", re.IGNORECASE)
_ONLY_IF = re.compile(r"[*_]{0,3}\s{1,4}(?:but\s)?(?:only|if|unless|until|when)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[.;!?]\s|\n|,\s(?=if\b|otherwise\b|else\b)", re.IGNORECASE)
_IF = re.compile(r"(?:and\s+|or\s+)?(?:if|when|in case)\s+(?:the answer is\s+)?|(?:then|and)$", re.IGNORECASE)
_YES_OR_NO = re.compile(
    r"[*_]{0,3}(?:(if)\s{1,4}(yes|no|so|not)|(yes|no|otherwise))\b[*_]{0,3}\s{0,4}"
    r"([:,\u2192\u21d2\u279c\u2013\u2014]|[-=]>|(?<=\s)[-=](?=\s)"
    r"|[-=](?=\s{0,4}(?:[a-z]{1,9}\s){0,4}step\s{1,4}\d))[>*_\s]*(.+)",
    re.IGNORECASE | re.DOTALL,
)
_SOUNDS_LIKE_AN_ANSWER = re.compile(
    r"[*_]{0,3}(?:if\s{1,4})?(yes|no|so|not|otherwise)\b[*_]{0,3}\s{0,4}(?:[:=,;.(/>\u2013\u2014\u2192]|-(?!\w)|-\d)",
    re.IGNORECASE,
)
_ARROWS = ("\u2192", "\u21d2", "\u279c", "->", "=>")
_SAID = {"yes": "Yes", "so": "Yes", "no": "No", "not": "Otherwise", "otherwise": "Otherwise"}
_THEN = re.compile(r"(?<![\s,])[\s,]{1,9}(?:and|then|and then)\s{0,9}$", re.IGNORECASE)
_SO = re.compile(r"so,", re.IGNORECASE)
_ESCALATES = re.compile(r"(?:escalate|contact|call|page)\b", re.IGNORECASE)
_OTHERWISE = {"otherwise", "else", "if not", "not"}
_ESCALATION = re.compile(
    r"(?:if|when)\s{1,4}([^,:\u2192]{1,80}?)\s{0,4}(?:[,:]|\u2192|->)\s{0,4}((?:escalate|contact|call|page)\b.{0,300})",
    re.IGNORECASE,
)
_AROUND = " ,:;-\u2013\u2014\u2192\u21d2\u279c*_`.()"
_LONGEST_LEAD = 200


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer leads: to a step by its number, or to a node with a text. "" as label is a plain jump.

    A node with a text is an end, unless it goes `on`: to the step, or to the next one.
    """

    label: str
    line: int
    step: str = ""
    text: str = ""
    on: bool = False
    said: str = ""
    """What was said, where it may mean something else: "go to 4" without "step"."""
    sure: bool = True
    """Whether it is an answer whatever else the step says."""


def branches(text: str, line: int) -> tuple[str, list[Branch]]:
    """Return a text without its branches, and the branches."""
    listed: list[Branch] = []
    kept, position, asked = [], 0, text.find("?")
    for match in _STEP.finditer(text):
        also = _ALSO.match(text, match.end()) if match[2] else None
        if match.start() < position or (also and unread(also[0])):
            continue  # "Stop, and say when it is done", "Stop, then go to step 3"
        begin = max(position, match.start() - _LONGEST_LEAD)
        lead = text[begin : match.start()]
        leads = _LEADS.search(lead)
        before = lead[: leads.start()] if leads else lead
        arrow = leads is not None and not leads[0][0].isalpha()
        condition, start = _condition(before, arrow=arrow)
        end = f"{match[2].capitalize()}{also[0] if also else ''}" if match[2] else ""
        if not (
            _ends(before, condition, end=end, asked=-1 < asked < match.start())
            if leads is None or (also and before.strip())
            else arrow or _jumps(before, leads[0], match)
        ):
            continue
        if not condition and leads and _ONLY_IF.match(text, match.end()):
            continue  # "Go to step 3 if the disk is full"
        before = text[position : begin + start]
        kept.append(before if condition else _THEN.sub("", before))
        said = f"{leads[0]}{match[3]}" if leads and match[3] else ""
        listed.append(Branch(label=condition, line=line, step=match[1] or match[3] or "", text=end, said=said))
        position = also.end() if also else match.end()
    kept.append(text[position:])
    parts = [part.strip(" ,:;-\u2013\u2014") for part in kept] if listed else kept
    return " ".join(part for part in parts if part.strip(" .")), listed


def unread(text: str) -> str:
    """Return the words of a text that sound like a jump, such as "go to step 5" in "Never go to step 5"; "" if none."""
    for match in _STEP.finditer(text):
        leads = None if match[2] else _LEADS.search(text, max(0, match.start() - _LONGEST_LEAD), match.start())
        if leads is not None:
            return text[leads.start() : match.end()]
    return ""


def forbids(text: str) -> bool:
    """Whether a text begins as a prohibition does: "Never restart the database"."""
    return _FORBIDS.match(text) is not None


def unanswered(text: str) -> str:
    """Return the word with which a text begins as an answer might: "Not" in "Not: plug it in"; "" if none."""
    match = _SOUNDS_LIKE_AN_ANSWER.match(text)
    return match[1].capitalize() if match else ""


def _ends(before: str, condition: str, *, end: str, asked: bool) -> bool:
    """Whether "done" or "stop" behind a text is an end: "Otherwise stop", "If so, done", not "If not done"."""
    words = [word.strip(_AROUND) for word in before.casefold().split() if word.strip(_AROUND)]
    denied = not end.startswith("Stop") and before.casefold().rstrip(" *_").endswith("not")
    if denied or condition not in ("Yes", "No", "Otherwise"):
        return False
    return words[-1] in ("otherwise", "else") or words[-2:-1] in (["if"], ["is"]) or asked


def _jumps(before: str, leads: str, step: re.Match[str]) -> bool:
    """Whether "go to step 4" behind a text is a jump: where a clause begins, or after "If the disk is full".

    "Roll back to 1", "Never go to step 5" and "Before you go to step 3" are no jumps.
    """
    begin = max((match.end() for match in _SENTENCE.finditer(before)), default=0)
    whole = re.sub(r"[*_]", "", before[begin:])
    sentence = _HANDED_ON.sub("", whole).rstrip()
    if (step[3] and not _LEADS_TO_A_NUMBER.fullmatch(leads)) or _DENIES.search(sentence) or _FORBIDS.match(sentence):
        return False
    if not sentence or _CLAUSE_ENDS.search(sentence) or _AND.search(whole[len(sentence) :]):
        return True
    back_alone = leads.casefold().startswith("back")
    return not step[3] and not back_alone and _CONDITIONAL.fullmatch(sentence) is not None


def _condition(lead: str, *, arrow: bool) -> tuple[str, int]:
    """Return the answer at the end of a text as a label, and where its sentence begins.

    Where nothing is asked ("Restart it, then go to step 5"), there is no label, and the text stays.
    """
    start = 0
    for match in _SENTENCE.finditer(lead):
        if lead[match.end() :].strip(_AROUND):
            start = match.end()
    words = lead[start:].strip(_AROUND)
    asks = _IF.match(words) is not None
    bare = _IF.sub("", words, count=1).strip(_AROUND) if asks else words
    if words.casefold() in _OTHERWISE or bare.casefold() in _OTHERWISE:
        return "Otherwise", start
    if bare.casefold() == "so" and not asks and not arrow:
        return "", start
    if bare.casefold() in _SAID:
        return _SAID[bare.casefold()], start
    if asks or arrow or lead.rstrip(" *_").endswith((":", "-", "\u2013", "\u2014")):
        bare = _THEN.sub("", _SO.sub("Yes,", bare))
        return bare[:1].upper() + bare[1:], start
    return "", len(lead)


def answer(text: str, line: int, *, asks: bool) -> Branch | None:
    """Return the branch in "Yes: go to step 4" or "No: plug it in"; None if a text is no such answer.

    Below a step that asks nothing it may be a remark, and so may "No, really": then the branch is not `sure`.
    """
    match = _YES_OR_NO.fullmatch(text.strip())
    label = _SAID.get((match[2] or match[3]).casefold()) if match else None
    if match is None or label is None:  # where case is ignored, a dotless i matches too: it is none in `_SAID`
        return None
    said_if, sign = match[1], match[4]
    kept, listed = branches(f"\u2192 {match[5]}", line)
    jump = next((branch for branch in listed if not branch.label), None)
    said = kept.strip("\u2192 ,:;")
    clear = sign != "," or label == "Otherwise" or jump is not None
    sure = bool(said_if) or sign in _ARROWS or (jump is not None and bool(jump.step)) or (asks and clear)
    step = jump.step if jump is not None else ""
    if jump is not None and not said.strip(_AROUND + "!"):
        return replace(jump, label=label, sure=sure)
    ends = jump is None and _ESCALATES.match(said) is not None
    return Branch(label=label, line=line, step=step, text=said[:1].upper() + said[1:], on=not ends, sure=sure)


def escalation(text: str, line: int) -> Branch | None:
    """Return the branch in "If it still fails, call the network team"; None if a text does not begin so."""
    match = _ESCALATION.match(text.strip())
    if match is None:
        return None
    label, text_ = match[1].strip(_AROUND), match[2].strip()
    return Branch(label=label[:1].upper() + label[1:], line=line, text=text_[:1].upper() + text_[1:])
