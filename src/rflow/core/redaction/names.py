"""Names of secrets: whether `db.adminPassword` or "Unseal Key" names one, and what value it needs to be believed."""

import re
from functools import lru_cache
from typing import Literal

import msgspec

from rflow.core.redaction.kinds import Kind

Belief = Literal["sure", "likely", "weak"]
"""Which values are believed: all but a status ("sure"), all but a plain name or a place ("likely"), or only what
looks random ("weak")."""


class Named(msgspec.Struct, frozen=True):
    """What a name stands for."""

    kind: Kind
    belief: Belief


# English, German, French, Spanish, Portuguese, Dutch, the Nordic languages, Polish, Czech, Hungarian, Turkish,
# Romanian and Italian, Greek, Russian, Chinese, Japanese, Korean, Hebrew, Arabic. Blanks and accents that are
# characters of their own are left out before comparing.
_PASSWORDS = (
    *("password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "losungswort", "motdepasse"),
    *("contraseña", "contrasena", "contrasenya", "senha", "palavrapasse", "wachtwoord", "lösenord", "losenord"),
    *("adgangskode", "passord", "salasana", "hasło", "heslo", "jelszó", "şifre", "parola", "parolă", "κωδικός"),
    *("пароль", "密码", "密碼", "パスワード", "비밀번호", "סיסמה", "كلمةالمرور", "كلمةالسر"),
    *(
        "requirepass",
        "masterauth",
        "authtok",
        "passhash",
        "storepass",
        "keypass",
        "storepw",
        "rootpw",
        "bindpw",
        "bindpass",
        "secretstring",
    ),
)
_NETWORK_KEYS = ("unsealkey", "recoverykey", "keycontent", "schlüsselinhalt", "netzwerkschlüssel", "wepkey", "wpakey")
_PARTS_ONLY = frozenset(("pass", "pwd", "pw", "psk", "mdp", "clave", "passwrd", "psksecret", "wpapsk"))
"""Passwords only as a whole part of a name: they are parts of other words, too (compass, bypass)."""
_GLUED_OWNERS = (
    "admin app bind db ftp http imap ldap login mail mysql pop proxy remote root smtp ssh sudo user vault vnc wifi"
)
_GLUED_PASSWORDS = ("pwd", "psk", *(f"{owner}pass" for owner in _GLUED_OWNERS.split()))
_KEY_OWNERS = frozenset(
    "access account activation admin aes api app application auth authentication authorization client consumer deploy "
    "encryption function functions hmac ingest ingestion instrumentation integration license licence master preshared "
    "private recovery rsa sas sdk secret server service session shared sharedaccess signing storage subscription "
    "unseal webhook wep write".split()
)
"""What makes a "key" one to keep secret; a cache key, a sort key or a public key is not."""
_GLUED_SECRETS = ("clientsecret", "appsecret", "sharedsecret", "apisecret", "mysecret", "usersecret", "jwtsecret")
_SECRET_OWNERS = frozenset("encryption hmac master secret signing".split())
_PLAIN_TOKENS = frozenset(
    "bad cancellation continuation end expected first identifier illegal invalid last malformed max next page "
    "pagination prev previous reserved resume skip start stop sync syntax unexpected unknown unrecognized".split()
)
"""Before "token": words of parsers and of paging."""
_ENDINGS = frozenset(
    "admin backup base clear cleartext confirm confirmation current data default dev digest enc encoded encrypted hash "
    "hashed live main md new old plain plaintext primary prod production raw repeat retype root secondary sha staging "
    "string test text user val value verify".split()
)
"""What may follow in a name without changing what it names (DB_PASSWORD_PROD), unlike "file", "policy" or "name"."""

_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+")


@lru_cache(maxsize=4096)
def meaning(name: str) -> Named | None:
    """Return what secret `name` stands for, or None where it stands for none."""
    parts = [part.lower() for part in _PART.findall(name)]
    if "".join(parts).endswith("secretstring"):
        return Named("password", "sure")
    while len(parts) > 1 and parts[-1] in _ENDINGS:
        parts.pop()
    if not parts:
        return None
    last, joined = parts[-1], "".join(parts)
    if joined.endswith(_NETWORK_KEYS):
        return Named("key", "sure")
    if joined.endswith(_PASSWORDS) or last in _PARTS_ONLY or (len(last) > 4 and last.endswith(_GLUED_PASSWORDS)):
        return Named("password", "sure")
    return _less_sure(last, parts[:-1], joined)


def _less_sure(last: str, before: list[str], joined: str) -> Named | None:
    if last == "secret" or last.endswith(_GLUED_SECRETS):
        return Named(
            "password",
            "sure" if before and not {"image", "pull", "tls", "kubernetes", "existing"} & {*before} else "likely",
        )
    if last.endswith(("token", "jwt")):
        return None if {*before, last.removesuffix("token")} & _PLAIN_TOKENS else Named("token", "weak")
    if last.endswith("key"):
        return _meaning_of_key(last, before, joined)
    if joined.endswith(("phpsessid", "jsessionid", "sessionid")):
        return Named("cookie", "weak")
    if last in ("auth", "credential", "credentials", "creds") or joined.endswith("secretid"):
        return Named("password", "weak")
    return None


def _meaning_of_key(last: str, before: list[str], joined: str) -> Named | None:
    if "public" in before:
        return None
    if joined.endswith("secretaccesskey"):
        return Named("AWS key", "weak")
    stem = last.removesuffix("key")
    owned = stem in _KEY_OWNERS or stem.endswith(("api", "secret", "private")) or (before and before[-1] in _KEY_OWNERS)
    if stem in _SECRET_OWNERS or (before and before[-1] in _SECRET_OWNERS):
        return Named("key", "likely")
    return Named("key", "weak") if owned or joined.endswith("presharedkey") else None
