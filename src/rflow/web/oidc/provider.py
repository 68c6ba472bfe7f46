"""An OpenID Connect provider over HTTP: reads its metadata and keys, and exchanges a code for verified claims.

Authlib validates the metadata and the claims, joserfc (its dependency) the signature. Both are imported only here.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from rflow.delivery.http import Client, Response
from rflow.delivery.url import HttpUrl, parse_safe_url
from rflow.errors import NotDelivered, NotSignedIn, RflowError
from rflow.web.oidc.attempt import Attempt
from rflow.web.oidc.config import Oidc

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Asymmetric algorithms only: never "none", and never HMAC with the client's secret."""
_TIMEOUT, _LIMIT = 10.0, 1024 * 1024
_CACHE_TIME = 3600.0
"""Seconds for which metadata and keys are cached."""
_RETRY_AFTER = 5.0
"""Seconds to wait after a failure before the next request."""
_MIN_KEY_AGE = 30.0
"""Seconds after which the keys are fetched again if a token was signed with an unknown one."""
_LEEWAY = 60
"""Seconds by which clocks may differ."""
_log = logging.getLogger("rflow")
Claims = Mapping[str, Any]
_Read = TypeVar("_Read")


class Provider:
    """The configured provider; `redirect_uri` is where it sends people back."""

    def __init__(self, config: Oidc, redirect_uri: str) -> None:
        self._config, self._redirect_uri = config, redirect_uri
        self._metadata, self._keys = _Cached(self._read_metadata), _Cached(self._read_keys)

    def authorization_url(self, attempt: Attempt) -> str:
        """Return the URL for signing in at the provider."""
        metadata = self._metadata.value()
        query = {
            "response_type": "code",
            "client_id": self._config.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._config.scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": create_s256_code_challenge(attempt.verifier),
            "code_challenge_method": "S256",
        }
        endpoint = str(metadata["authorization_endpoint"])
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    def check_issuer(self, issuer: str) -> None:
        """Raise `NotSignedIn` if a response has an unexpected issuer (RFC 9207)."""
        if issuer != self._metadata.value()["issuer"]:
            raise refused("the response names another issuer")

    def claims(self, code: str, attempt: Attempt) -> Claims:
        """Exchange a code for an ID token; return its verified claims, merged with those of the user info endpoint.

        Raises `NotSignedIn`, or `NotDelivered` if the provider can't be reached.
        """
        tokens = self._exchange(code, attempt)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str):
            raise refused("the provider sent no ID token")
        claims = self._verify(id_token, attempt, access_token)
        return {**self._user_info(claims, access_token), **claims}

    def _exchange(self, code: str, attempt: Attempt) -> Claims:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": attempt.verifier,
        }
        config, metadata = self._config, self._metadata.value()
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        auth = ClientAuth(config.client_id, config.secret, method if config.secret else "none")
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        url, headers, body = auth.prepare("POST", str(metadata["token_endpoint"]), headers, urlencode(form))
        return self._json("POST", url, body.encode(), headers)

    def _verify(self, id_token: str, attempt: Attempt, access_token: object) -> Claims:
        """Check the signature, issuer, audience, times and nonce of an ID token; return its claims."""
        metadata = self._metadata.value()
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        algorithms = [each for each in _ALGORITHMS if each in offered]
        try:
            token = self._decode(id_token, algorithms)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": metadata["issuer"]},
                    "aud": {"essential": True, "value": self._config.client_id},
                },
                {"nonce": attempt.nonce, "client_id": self._config.client_id, "access_token": access_token},
            )
            claims.validate(leeway=_LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise refused(f"the ID token is not valid ({type(error).__name__})") from None
        return dict(claims)

    def _decode(self, id_token: str, algorithms: list[str]) -> jwt.Token:
        """Check the signature with a key of the provider; keys inside the token are ignored."""
        try:
            return jwt.decode(id_token, self._keys.value(), algorithms=algorithms)
        except InvalidKeyIdError:  # the provider may have a new key
            return jwt.decode(id_token, self._keys.value(_MIN_KEY_AGE), algorithms=algorithms)

    def _user_info(self, claims: Claims, access_token: object) -> Claims:
        """Return claims from the user info endpoint that the ID token lacks."""
        endpoint = self._metadata.value().get("userinfo_endpoint")
        wanted = {"name", self._config.groups_claim} if self._config.groups else {"name"}
        if not endpoint or not isinstance(access_token, str) or wanted <= set(claims):
            return {}
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        info = self._json("GET", str(endpoint), None, headers)
        if info.get("sub") != claims["sub"]:
            raise refused("the user info is somebody else's")
        return info

    def _read_metadata(self) -> Claims:
        metadata = self._json("GET", get_well_known_url(self._config.issuer_url.rstrip("/"), external=True))
        try:
            OpenIDProviderMetadata(metadata).validate()
        except ValueError as error:
            raise _unreachable(f"its metadata is not valid: {error}") from None
        if metadata["issuer"] != self._config.issuer_url:
            raise _unreachable("its metadata names another issuer than the setting oidc.issuer")
        return metadata

    def _read_keys(self) -> KeySet:
        published = self._json("GET", str(self._metadata.value()["jwks_uri"])).get("keys")
        keys = [key for key in published or () if isinstance(key, dict) and key.get("use", "sig") == "sig"]
        try:
            return KeySet.import_key_set({"keys": [key for key in keys if key.get("kty") != "oct"]})
        except (JoseError, ValueError, KeyError) as error:
            raise _unreachable("its keys can't be read") from error

    def _json(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Claims:
        parsed = parse_safe_url(url)
        if not isinstance(parsed, HttpUrl):
            raise _unreachable(f"one of its addresses {parsed}")
        with Client(parsed, timeout=_TIMEOUT, limit=_LIMIT) as client:
            response = client.request(method, parsed.path, body, headers or {"Accept": "application/json"})
        if not isinstance(response, Response):
            raise _unreachable(f"it {response.what}")
        if response.status == 400 and method == "POST":
            raise refused("the provider refused the code")
        if response.status != 200 or not response.complete:
            raise _unreachable(f"it responded with status {response.status}")
        try:
            return msgspec.json.decode(response.body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise _unreachable("its response is not JSON") from None


class _Cached(Generic[_Read]):
    """A value read from the provider, cached for all threads."""

    def __init__(self, read: Callable[[], _Read]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._value: _Read | None = None
        self._at = 0.0
        self._failure: RflowError | None = None
        self._failed_at = 0.0

    def value(self, max_age: float = _CACHE_TIME) -> _Read:
        """Return the value, read again if it is older than `max_age` seconds.

        After a failure it is not read again for a while, since every caller that waits for a timeout blocks a thread.
        """
        with self._lock:
            now = time.monotonic()
            if self._value is not None and now - self._at <= max_age:
                return self._value
            if self._failure is not None and now - self._failed_at < _RETRY_AFTER:
                raise self._failure
            try:
                self._value, self._at, self._failure = self._read(), time.monotonic(), None
            except RflowError as failure:
                self._failure, self._failed_at = failure, time.monotonic()
                raise
            return self._value


def refused(why: str) -> NotSignedIn:
    """Return the error for a sign-in that can't be verified. The reason is for the log, not for the visitor."""
    _log.warning("a sign-in by OpenID Connect was refused", extra={"facts": {"why": why}})
    return NotSignedIn("This sign-in could not be verified.", try_="Begin again: Sign in.")


def _unreachable(why: str) -> NotDelivered:
    _log.error("the identity provider can't be used", extra={"facts": {"why": why}})
    return NotDelivered(
        "The identity provider can't be reached at the moment.",
        try_="Try again in a minute. If it keeps failing, tell the people who run this server: its log says why.",
    )
