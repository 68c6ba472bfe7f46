"""Branches in the prose of runbooks: "If yes → step 4", "Otherwise go to step 2", "If not, escalate to …"."""

import re

import msgspec

_STEP = re.compile(r"\bstep\s{1,4}#?(\d{1,4}(?:\.\d{1,4}){0,3})\b|\b(done|finished|resolved)\b", re.IGNORECASE)
_LEADS = re.compile(
    r"(?:\u2192|->|=>|\u21d2|\u279c|\b(?:go(?:\s+(?:back|on))?|continue|proceed|jump|skip|return|move|back)"
    r"(?:\s+(?:to|with|at))?|\bgoto)\s*$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.;!?]\s|\n|,\s(?=if\b|otherwise\b|else\b)", re.IGNORECASE)
_IF = re.compile(r"(?:and\s+|or\s+)?(?:if|when|in case)\s+(?:the answer is\s+)?|(?:then|and)$", re.IGNORECASE)
_OTHERWISE = {"otherwise", "else", "if not", "not"}
_ESCALATION = re.compile(
    r"(?:if|when)\s{1,4}([^,:\u2192]{1,80}?)\s{0,4}(?:[,:]|\u2192|->)\s{0,4}((?:escalate|contact|call|page)\b.{0,300})",
    re.IGNORECASE,
)
_AROUND = " ,:;-\u2013\u2014*_`.()"
_LONGEST_LEAD = 200


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer leads: to a step by its number, or to an end with a text. "" as label is a plain jump."""

    label: str
    line: int
    step: str = ""
    text: str = ""


def branches(text: str, line: int) -> tuple[str, list[Branch]]:
    """Return a text without its branches, and the branches."""
    listed: list[Branch] = []
    kept, position = [], 0
    for match in _STEP.finditer(text):
        begin = max(position, match.start() - _LONGEST_LEAD)
        lead = text[begin : match.start()]
        leads = _LEADS.search(lead)
        if leads is None:
            continue
        condition, start = _condition(lead[: leads.start()])
        kept.append(text[position : begin + start])
        end = "" if match[1] else match[2].capitalize()
        listed.append(Branch(label=condition, line=line, step=match[1] or "", text=end))
        position = match.end()
    kept.append(text[position:])
    parts = [part.strip(" ,:;-\u2013\u2014") for part in kept] if listed else kept
    return " ".join(part for part in parts if part.strip(" .")), listed


def _condition(lead: str) -> tuple[str, int]:
    """Return the answer at the end of a text as a label, and where its sentence begins."""
    start = 0
    for match in _SENTENCE.finditer(lead):
        if lead[match.end() :].strip(_AROUND):
            start = match.end()
    words = lead[start:].strip(_AROUND)
    bare = _IF.sub("", words, count=1).strip(_AROUND) if _IF.match(words) else words
    if words.casefold() in _OTHERWISE or bare.casefold() in _OTHERWISE:
        return "Otherwise", start
    if bare.casefold() == "so":
        return "Yes", start
    return bare[:1].upper() + bare[1:], start


def escalation(text: str, line: int) -> Branch | None:
    """Return the branch in "If it still fails, call the network team"; None if a text does not begin so."""
    match = _ESCALATION.match(text.strip())
    if match is None:
        return None
    label, text_ = match[1].strip(_AROUND), match[2].strip()
    return Branch(label=label[:1].upper() + label[1:], line=line, text=text_[:1].upper() + text_[1:])
