"""Arguments of known programs that are passwords: one table, and how each program takes them."""

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Literal

import msgspec

from rflow.core.redaction.belief import is_secret
from rflow.core.redaction.spans import Lazy, Span, lowered
from rflow.core.redaction.values import Value

How = Literal["next", "attached", "either", "user:", "user%", "user/", "user,", "cookie", "literal"]
"""Where the value stands: the next word, attached to the option, either; or behind a user's name and this sign."""


class Rule(msgspec.Struct, frozen=True):
    """Options of programs; `needs` is a word that must be among the arguments, too ("login")."""

    programs: str
    options: str
    how: How
    needs: str = ""


RULES = (
    Rule(
        "mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlpump mariadb mariadb-dump", "-p", "attached"
    ),
    Rule("redis-cli keydb-cli valkey-cli redis-benchmark", "-a --pass", "next"),
    Rule("mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop", "-p", "either"),
    Rule("ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldapcompare ldapmodrdn ldappasswd", "-w", "either"),
    Rule("ldappasswd", "-s -a", "next"),
    Rule(
        "snmpwalk snmpget snmpbulkwalk snmpbulkget snmpset snmptrap snmpstatus snmpgetnext snmptable",
        "-c -A -X",
        "either",
    ),
    Rule("docker podman nerdctl buildah skopeo helm oras crane oc az cf argocd rancher", "-p", "either", "login"),
    Rule("curl", "-u -U --user --proxy-user", "user:"),
    Rule("curl", "-b --cookie", "cookie"),
    Rule("curl", "--oauth2-bearer --pass --proxy-pass", "next"),
    Rule("curl", "-E --cert", "user:"),
    Rule("http https xh httpie", "-a --auth", "user:"),
    Rule("sshpass", "-p", "either"),
    Rule(
        "smbclient rpcclient smbget smbcacls smbtree winexe wmic wmiexec net nmblookup samba-tool", "-U --user", "user%"
    ),
    Rule("ipmitool", "-P", "either"),
    Rule("ipmipower ipmiconsole ipmi-sensors racadm idracadm idracadm7 bmc-info hponcfg", "-p", "either"),
    Rule("schtasks psexec", "/rp /p -p", "next"),
    Rule("plink pscp psftp putty", "-pw", "next"),
    Rule("rdesktop xfreerdp psexec crackmapexec netexec nxc smbmap evil-winrm impacket-smbclient", "-p", "either"),
    Rule("xfreerdp wfreerdp cmdkey net psexec schtasks", "/p: /pass: /password: /rp:", "attached"),
    Rule("7z 7za 7zr rar unrar", "-p -hp", "attached"),
    Rule("zip unzip", "-P", "either"),
    Rule("openssl", "-k", "next"),
    Rule("sqlplus sqlldr expdp impdp rman", "", "user/"),
    Rule("sqlcmd osql bcp isql tsql", "-P", "either"),
    Rule("cqlsh beeline impala-shell hive influx mysqlsh trino presto", "-p -password", "next"),
    Rule("mosquitto_pub mosquitto_sub", "-P", "next"),
    Rule("rabbitmqadmin", "-p", "next"),
    Rule("lftp", "-u", "user,"),
    Rule("useradd usermod", "-p", "next"),
    Rule("twine", "-p", "next"),
    Rule("nuget dotnet", "-k", "next"),
    Rule("etcdctl", "--user", "user:"),
    Rule("nmcli", "password", "next"),
    Rule("ipa-server-install ipa-client-install ipa-replica-install", "-p -w -a", "next"),
    Rule("ab", "-A -P", "user:"),
    Rule("ncftp ncftpput ncftpget", "-p", "next"),
    Rule("wget", "--http-passwd --ftp-passwd", "next"),
    Rule("swaks", "-ap", "next"),
    Rule("vncviewer x11vnc", "-passwd", "next"),
    Rule("kubectl oc", "--from-literal", "literal"),
    Rule("hydra medusa ncrack", "-p", "next"),
)
# Programs that take the password by its place: the words before it, where * is any word.
_PLACES: tuple[tuple[str, str], ...] = (
    ("net", "user *"),
    ("vault", "login"),
    ("rabbitmqctl", "add_user *"),
    ("rabbitmqctl", "change_password *"),
    ("rabbitmqctl", "authenticate_user *"),
    ("cf", "auth *"),
    ("wpa_passphrase", "*"),
    ("mc", "alias set * * *"),
    ("cargo", "login"),
    ("redis-cli", "auth"),
    ("redis-cli", "config set requirepass"),
    ("aws", "configure set aws_secret_access_key"),
    ("aws", "configure set aws_session_token"),
)
PROGRAMS = (
    frozenset(name for rule in RULES for name in rule.programs.split())
    | {"net", "htpasswd"}
    | {program for program, _ in _PLACES}
)

_WORD = Lazy(
    r"(?P<break>[|;&\n]++)|(?P<word>(?:\"(?:[^\"\\\n]|\\.)*+\"?|'[^'\n]*+'?|\\[^\n]|[^\s\"'|;&\\]|(?<=\S)[;&](?=[\w%]))++)"
)
_NAME = Lazy(r"(?:.*[\\/])?([\w.-]+?)(?:\.exe)?\Z", re.IGNORECASE)
_MOST_WORDS = 60
_APART = dict.fromkeys(map(ord, "/\\`\"'($=|;"), " ")
_LONGEST = 2000
_SEVERAL = Lazy(r"-[A-Za-z]{1,6}?(?P<last>[uUaE])(?P<rest>[^-\n]*:.*)?\Z", re.DOTALL)
_ATTACHED = ("attached", "either", "user:", "user%", "user,", "cookie")
_PORT = Lazy(r"\d{1,5}\Z")
_BEHIND: dict[How, Lazy] = {
    "user:": Lazy(r"[\"']?[^\s:\"']{1,200}:(.+)", re.DOTALL),
    "user%": Lazy(r"[\"']?[^\s%\"']{1,200}%(.+)", re.DOTALL),
    "user,": Lazy(r"[\"']?[^\s,\"']{1,200},(.+)", re.DOTALL),
    "user/": Lazy(r"[\"']?(?:userid=)?[\w.$#]{1,100}/([^\s/]+?)(?:@[\w./:-]*)?[\"']?\Z"),
    "cookie": Lazy(r"([^=]{1,200}=.+)", re.DOTALL),
    "literal": Lazy(r"=?[^=]{1,200}=(.+)", re.DOTALL),
}


class Word(msgspec.Struct, frozen=True):
    start: int
    text: str


def find(text: str) -> Iterator[Span]:
    """Find passwords among the arguments of programs."""
    low = lowered(text)
    done = -1
    words = {word.removesuffix(".exe") for word in low.translate(_APART).split()}
    for place in sorted(place for program in PROGRAMS & words for place in _places(low, program)):
        if place >= done:
            done = _line_end(low, place)
            yield from _in_a_line(text, low.rfind("\n", max(place - _LONGEST, 0), place) + 1, done)


def _places(low: str, program: str) -> Iterator[int]:
    """Return where a program is called, as far as one can see without parsing the line."""
    place = low.find(program)
    while place >= 0:
        end = place + len(program)
        if low[end : end + 1] == " " or low.startswith(".exe ", end):
            before = low[place - 1 : place]
            if not (before.isalnum() or before in ("-", "_", ".")) or place == 0:
                yield place
        place = low.find(program, end)


def _line_end(text: str, start: int) -> int:
    """Return where a command line ends: at a line break that no backslash escapes."""
    end = text.find("\n", start)
    while end > 0 and text[end - 1] == "\\":
        end = text.find("\n", end + 1)
    return end if end >= 0 else len(text)


def _in_a_line(text: str, start: int, end: int) -> Iterator[Span]:
    for program, arguments in _calls(text[start:end]):
        for word in _secrets(program, arguments):
            value = Value(start + word.start, start + word.start + len(word.text), end, quoted=True)
            if is_secret(text, value, "sure"):
                cookie = program == "curl" and "=" in word.text
                yield Span(value.start, value.end, "cookie" if cookie else "password")


def _calls(line: str) -> Iterator[tuple[str, list[Word]]]:
    """Return each program of a command line with its arguments."""
    program, arguments = "", list[Word]()
    for match in _WORD.finditer(line):
        name = _NAME.match(match["word"].strip("\"'`($")) if match["word"] and match["word"][0] != "-" else None
        if match["break"] or (name and name[1].lower() in PROGRAMS):
            if program:
                yield program, arguments
            program, arguments = (name[1].lower() if name else ""), []
        elif len(arguments) < _MOST_WORDS:
            arguments.append(Word(match.start(), match["word"]))
    if program:
        yield program, arguments


def _secrets(program: str, arguments: list[Word]) -> Iterator[Word]:
    for rule in RULES:
        if program in rule.programs.split() and (not rule.needs or any(word.text == rule.needs for word in arguments)):
            yield from _by_option(rule, arguments)
    yield from _by_place(program, arguments)


def _by_option(rule: Rule, arguments: list[Word]) -> Iterator[Word]:
    options = rule.options.split()
    for word, following in zip_longest(arguments, arguments[1:]):
        if not options:
            yield from _behind(rule.how, word)
        elif (given := _given(rule, options, word, following)) and not given.text.startswith("-"):
            if rule.how in _BEHIND:
                yield from _behind(rule.how, given)
            elif not _PORT.match(given.text):
                yield _unquoted(given)


def _given(rule: Rule, options: list[str], word: Word, following: Word | None) -> Word | None:
    """Return the argument of one of the options, if this word is or begins with one."""
    if rule.how == "user:" and (several := _SEVERAL.match(word.text)) and f"-{several['last']}" in options:
        return Word(word.start + several.start("rest"), several["rest"]) if several["rest"] else following
    for option in options:
        if word.text == option:
            return following if rule.how != "attached" else None
        if word.text.startswith(f"{option}=") or (rule.how == "literal" and word.text.startswith(option)):
            return Word(word.start + len(option) + 1, word.text[len(option) + 1 :])
        if (len(option) <= 3 or option[-1] == ":") and rule.how in _ATTACHED and word.text.startswith(option):
            return Word(word.start + len(option), word.text[len(option) :])
    return None


def _behind(how: How, word: Word) -> Iterator[Word]:
    """Return what stands behind the user's name and the sign after it."""
    if match := _BEHIND[how].match(word.text):
        yield _unquoted(Word(word.start + match.start(1), match[1]))


def _unquoted(word: Word) -> Word:
    bare = word.text.lstrip("\"'")
    start = word.start + len(word.text) - len(bare)
    return Word(start, bare.rstrip("\"'"))


def _by_place(program: str, arguments: list[Word]) -> Iterator[Word]:
    plain = [word for word in arguments if not re.match(r"-|/\w", word.text)]
    if program == "net" and plain and plain[0].text.lower() == "use":
        yield from [word for word in plain[1:] if not re.match(r"[A-Za-z]:\Z|\\\\|\*", word.text)][:1]
    if program == "htpasswd" and any(re.match(r"-\w*b", word.text) for word in arguments):
        yield from plain[-1:]
    for owner, before in _PLACES:
        steps = before.split()
        if owner == program and len(plain) > len(steps) and all(map(_same, steps, plain)):
            word = _unquoted(plain[len(steps)])
            if "=" not in word.text[:-2]:
                yield word


def _same(step: str, word: Word) -> bool:
    return step in ("*", word.text.lower())
