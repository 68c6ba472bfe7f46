"""Branches in the prose of runbooks: "If yes → step 4", "Otherwise go to step 2", "If not, escalate to …"."""

import re

import msgspec

_STEP = re.compile(
    r"\bstep\s{1,4}[#\[]?(\d{1,4}(?:\.\d{1,4}){0,3})\b(?:\]\([^)\s]{0,200}\))?|\b(done|finished|resolved|stop)\b(?=\s*(?:$|[.;,)!]))"
    r"|(?<=\bto )(\d{1,3})(?=[.,;)]?\s*$|[.,;)]\s)",  # "go to 4"
    re.IGNORECASE | re.MULTILINE,
)
_LEADS = re.compile(
    r"(?:\u2192|->|=>|\u21d2|\u279c|\b(?:go(?:\s+(?:back|on))?|continue|proceed|jump|skip|return|move|back)"
    r"(?:\s+(?:to|with|at))?|\bgoto)\s*$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.;!?]\s|\n|,\s(?=if\b|otherwise\b|else\b)", re.IGNORECASE)
_IF = re.compile(r"(?:and\s+|or\s+)?(?:if|when|in case)\s+(?:the answer is\s+)?|(?:then|and)$", re.IGNORECASE)
_YES_OR_NO = re.compile(
    r"[*_]{0,3}(?:if\s{1,4})?(yes|no|so|not|otherwise)\b[*_]{0,3}\s{0,4}[:,\u2192\u21d2\u279c\u2013\u2014=-][>*_\s]*(.+)",
    re.IGNORECASE | re.DOTALL,
)
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


def branches(text: str, line: int) -> tuple[str, list[Branch]]:
    """Return a text without its branches, and the branches."""
    listed: list[Branch] = []
    kept, position = [], 0
    for match in _STEP.finditer(text):
        begin = max(position, match.start() - _LONGEST_LEAD)
        lead = text[begin : match.start()]
        leads = _LEADS.search(lead)
        if leads is None and not match[2]:
            continue
        arrow = leads is not None and not leads[0][0].isalpha()
        condition, start = _condition(lead[: leads.start()] if leads else lead, arrow=arrow)
        if leads is None and condition not in ("Yes", "No", "Otherwise"):
            continue  # "Otherwise stop" needs no "go to", other sentences do
        before = text[position : begin + start]
        kept.append(before if condition else _THEN.sub("", before))
        end = match[2].capitalize() if match[2] else ""
        listed.append(Branch(label=condition, line=line, step=match[1] or match[3] or "", text=end))
        position = match.end()
    kept.append(text[position:])
    parts = [part.strip(" ,:;-\u2013\u2014") for part in kept] if listed else kept
    return " ".join(part for part in parts if part.strip(" .")), listed


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
    if bare.casefold() in _SAID:
        return _SAID[bare.casefold()], start
    if asks or arrow or lead.rstrip(" *_").endswith((":", "-", "\u2013", "\u2014")):
        bare = _THEN.sub("", _SO.sub("Yes,", bare))
        return bare[:1].upper() + bare[1:], start
    return "", len(lead)


def answer(text: str, line: int) -> Branch | None:
    """Return the branch in "Yes: go to step 4" or "No: plug it in"; None if a text is no such answer."""
    match = _YES_OR_NO.fullmatch(text.strip())
    if match is None:
        return None
    label = _SAID[match[1].casefold()]
    kept, listed = branches(f"\u2192 {match[2]}", line)
    jump = next((branch for branch in listed if not branch.label), None)
    said = kept.strip("\u2192 ,:;")
    if jump is not None and not said.strip(_AROUND):
        return Branch(label=label, line=line, step=jump.step, text=jump.text)
    ends = jump is None and _ESCALATES.match(said) is not None
    step = jump.step if jump is not None else ""
    return Branch(label=label, line=line, step=step, text=said[:1].upper() + said[1:], on=not ends)


def escalation(text: str, line: int) -> Branch | None:
    """Return the branch in "If it still fails, call the network team"; None if a text does not begin so."""
    match = _ESCALATION.match(text.strip())
    if match is None:
        return None
    label, text_ = match[1].strip(_AROUND), match[2].strip()
    return Branch(label=label[:1].upper() + label[1:], line=line, text=text_[:1].upper() + text_[1:])
