"""Names of secrets: whether a name such as `db.adminPassword` or "Unseal Key" means one, and which kind."""

import re
from functools import lru_cache
from typing import Literal

import msgspec

from rflow.core.redaction.kinds import Kind

Confidence = Literal["sure", "likely", "weak"]
"""Which values of a name count as secrets: all but a status ("sure"), all but a plain name or a path ("likely"), or
only random-looking ones ("weak")."""


class Named(msgspec.Struct, frozen=True):
    """The meaning of a name: the kind of secret, and which values count as one."""

    kind: Kind
    confidence: Confidence


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
_WHOLE_PARTS = frozenset(("pass", "pwd", "pw", "psk", "mdp", "clave", "passwrd", "psksecret", "wpapsk"))
"""Passwords only as a whole part of a name: they are parts of other words, too (compass, bypass)."""
_PREFIXED_OWNERS = (
    "admin app bind db ftp http imap ldap login mail mysql pop proxy remote root smtp ssh sudo user vault vnc wifi"
)
_GLUED_PASSWORDS = ("pwd", "psk", *(f"{owner}pass" for owner in _PREFIXED_OWNERS.split()))
_KEY_OWNERS = frozenset(
    "access account activation admin aes api app application auth authentication authorization client consumer deploy "
    "encryption function functions hmac ingest ingestion instrumentation integration license licence master preshared "
    "private recovery rsa sas sdk secret server service session shared sharedaccess signing storage subscription "
    "unseal webhook wep write".split()
)
"""The words before "key" that make it a secret; a cache key, a sort key or a public key is none."""
_GLUED_SECRETS = ("clientsecret", "appsecret", "sharedsecret", "apisecret", "mysecret", "usersecret", "jwtsecret")
_SECRET_OWNERS = frozenset("encryption hmac master secret signing".split())
_PLAIN_TOKENS = frozenset(
    "bad cancellation continuation end expected first identifier illegal invalid last malformed max next page "
    "pagination prev previous reserved resume skip start stop sync syntax unexpected unknown unrecognized".split()
)
"""Words before "token" in messages of parsers and in paging, where it is no secret."""
_ENDINGS = frozenset(
    "admin backup base clear cleartext confirm confirmation current data default dev digest enc encoded encrypted hash "
    "hashed live main md new old plain plaintext primary prod production raw repeat retype root secondary sha staging "
    "string test text user val value verify".split()
)
"""Suffixes that don't change the meaning of a name (DB_PASSWORD_PROD), unlike "file", "policy" or "name"."""

_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+")


@lru_cache(maxsize=4096)
def meaning(name: str) -> Named | None:
    """Return what secret `name` means; None if it means none."""
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
    if joined.endswith(_PASSWORDS) or last in _WHOLE_PARTS or (len(last) > 4 and last.endswith(_GLUED_PASSWORDS)):
        return Named("password", "sure")
    return _less_certain(last, parts[:-1], joined)


def _less_certain(last: str, before: list[str], joined: str) -> Named | None:
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
