"""Settings: flag, then environment, then file, then default; each knows where its value came from."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from rflow.config_file import read_config, write_config
from rflow.errors import BadInput, UsageProblem
from rflow.folders import NOWHERE, expanded, user_folder

if TYPE_CHECKING:
    from pathlib import Path

Origin = Literal["flag", "environment", "file", "default"]


class Setting(NamedTuple):
    """A setting: its name in the file, its environment variable, and what it means."""

    name: str
    variable: str
    meaning: str
    many: bool = False
    secret: bool = False


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            name="store", variable="RFLOW_STORE", meaning="where sessions are stored: a URL, a .db file or a folder"
        ),
        Setting(name="user.name", variable="RFLOW_USER", meaning="your name in sessions and handoffs"),
        Setting(
            name="progress.format",
            variable="RFLOW_FORMAT",
            meaning="the format of summaries, unless -f names another; where it is not set, text on a terminal",
        ),
        Setting(
            name="redact.patterns",
            variable="RFLOW_REDACT_PATTERNS",
            meaning='more secrets to hide, as regular expressions (only a group named "secret", if there is one)',
            many=True,
        ),
        Setting(
            name="clipboard.command",
            variable="RFLOW_CLIPBOARD_CMD",
            meaning="a command to copy with: it gets the summary on its standard input",
        ),
        Setting(
            name="share.base_url",
            variable="RFLOW_SHARE_BASE_URL",
            meaning="the start of links, if a shared server serves them",
        ),
        Setting(
            name="post.timeout",
            variable="RFLOW_POST_TIMEOUT",
            meaning="how many seconds to wait for a connection to a --post target, and again for its answer",
        ),
        Setting(
            name="notices.target",
            variable="RFLOW_NOTICES_TARGET",
            meaning="the target that a server posts notices of handoffs and questions to; @tier2 has its own: tier2",
        ),
        Setting(
            name="notices.remind_after",
            variable="RFLOW_NOTICES_REMIND_AFTER",
            meaning="when a server reminds of a handoff that nobody has accepted: 30m, or never",
        ),
        Setting(
            name="notices.handoff_life",
            variable="RFLOW_NOTICES_HANDOFF_LIFE",
            meaning="when a handoff that nobody has accepted goes back: 4h, or never",
        ),
        Setting(
            name="mail.server",
            variable="RFLOW_MAIL_SERVER",
            meaning="the mail server that a server of rflow sends notices by: HOST or HOST:PORT",
        ),
        Setting(
            name="mail.security",
            variable="RFLOW_MAIL_SECURITY",
            meaning="how the mail server is reached: starttls, tls, or none on this machine",
        ),
        Setting(
            name="mail.from",
            variable="RFLOW_MAIL_FROM",
            meaning="the sender of notices: rflow@example.com, or Name <rflow@example.com>",
        ),
        Setting(name="mail.user", variable="RFLOW_MAIL_USER", meaning="who signs in at the mail server, if anybody"),
        Setting(
            name="mail.password",
            variable="RFLOW_MAIL_PASSWORD",
            meaning="the password for it, a secret that is not shown",
            secret=True,
        ),
        Setting(
            name="mail.password_file",
            variable="RFLOW_MAIL_PASSWORD_FILE",
            meaning="a file with the password, instead of mail.password",
        ),
    )
}
TARGET_SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting(
            name="targets.NAME.url",
            variable="RFLOW_TARGET_NAME_URL",
            meaning="where `progress --post NAME` posts to: the URL of a webhook, a secret that is shown in part",
            secret=True,
        ),
        Setting(
            name="targets.NAME.kind",
            variable="RFLOW_TARGET_NAME_KIND",
            meaning="what to post there: slack, teams or json; known already for hosts of Slack and Microsoft",
        ),
    )
}
"""The settings of each target. Names are small letters, digits and "-", so that a variable can spell them too."""
OIDC_SETTINGS: dict[str, Setting] = {
    f"oidc.{name}": Setting(
        name=f"oidc.{name}",
        variable=f"RFLOW_OIDC_{name.upper()}",
        meaning=meaning,
        many=name == "groups",
        secret=name == "client_secret",
    )
    for name, meaning in {
        "issuer": "the OpenID Connect provider that people sign in with at `rflow serve`: its issuer, a URL",
        "client_id": "the id of rflow there",
        "client_secret": "its secret there",
        "client_secret_file": "a file with that secret, instead",
        "name": "what the button on the sign-in page calls the provider",
        "tenant": "the only tenant whose accounts may sign in (the claim tid)",
        "scopes": 'what to ask for, by default "openid profile"',
        "groups_claim": 'the claim that has the groups, by default "groups"',
        "groups": "what groups mean here: GROUP=admin, or GROUP=SPACE:ROLE",
        "passwords": "off: only the account oidc.break_glass may sign in with a password",
        "break_glass": "the account that may sign in with a password while the provider fails",
    }.items()
}
"""The settings of signing in by OpenID Connect; they are listed only where they are set."""
_TARGET = r"targets\.([a-z0-9][a-z0-9-]{0,63})\.(url|kind)"


def is_target(name: str) -> bool:
    """Whether a target can be called so."""
    return re.fullmatch(_TARGET, f"targets.{name}.url") is not None


class Value(NamedTuple):
    """A setting's value and where it came from."""

    value: str | tuple[str, ...]
    origin: Origin
    secret: bool = False

    def __repr__(self) -> str:
        return f"Value({'…' if self.secret else self.value!r}, {self.origin!r})"

    @property
    def text(self) -> str:
        """The value of a single setting."""
        assert isinstance(self.value, str)
        return self.value

    @property
    def texts(self) -> tuple[str, ...]:
        """The values of a setting that takes many."""
        return self.value if isinstance(self.value, tuple) else (self.value,) if self.value else ()


class Folders:
    """The folders for this user's files, by the conventions of the platform.

    Their names are texts, for a shell prompt and everyday commands: importing pathlib takes a seventh of a prompt.
    """

    def __init__(self, *, config_file: str, data: str, state: str) -> None:
        self.config_file_name, self.data_name, self.state_name = config_file, data, state

    @property
    def config_file(self) -> "Path":
        """The configuration file."""
        from pathlib import Path

        return Path(self.config_file_name)

    @property
    def state(self) -> "Path":
        """The folder of what rflow remembers."""
        from pathlib import Path

        return Path(self.state_name)

    @property
    def drafts_name(self) -> str:
        """The name of the folder of commands that could not be sent to a server."""
        return os.path.join(self.state_name, "unsent")

    @property
    def drafts(self) -> "Path":
        """That folder."""
        from pathlib import Path

        return Path(self.drafts_name)


class Settings:
    """All settings of one run."""

    def __init__(self, values: dict[str, Value], folders: Folders) -> None:
        self.values = values
        self.folders = folders

    def __getitem__(self, name: str) -> Value:
        return self.values.get(name) or Value(value="", origin="default")

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the targets that summaries can be posted to."""
        urls = (name for name, value in self.values.items() if name.startswith("targets.") and value.value)
        return tuple(name.split(".")[1] for name in urls if name.endswith(".url"))


def folders(config: str | None = None, environ: Mapping[str, str] = os.environ) -> Folders:
    """Return the folders of this user; `config` (or RFLOW_CONFIG) names another configuration file."""
    named = config or environ.get("RFLOW_CONFIG")
    return Folders(
        config_file=expanded(named) if named else f"{user_folder('config')}/config.toml",
        data=user_folder("data"),
        state=user_folder("state"),
    )


def load_settings(flags: Mapping[str, str | None], where: Folders, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return all settings; `flags` are those from the command line, by setting name."""
    in_file = read_config(where.config_file_name)
    of_server = [each for each in OIDC_SETTINGS.values() if each.name in in_file or environ.get(each.variable)]
    settings = [*SETTINGS.values(), *of_server, *_of_targets(in_file, environ)]
    values = {setting.name: _value(setting, flags, environ, in_file, where) for setting in settings}
    return Settings(values=values, folders=where)


def _of_targets(in_file: Mapping[str, object], environ: Mapping[str, str]) -> Iterator[Setting]:
    """Return the settings of all targets in the file or the environment."""
    written = [*in_file, *(_dotted(variable) for variable, value in environ.items() if value)]
    targets = [name for name in written if name.startswith("targets.")]
    for name in sorted({match[1] for name in targets if (match := re.fullmatch(_TARGET, name))}):
        yield from (_of_target(setting, name) for setting in TARGET_SETTINGS.values())


def _dotted(variable: str) -> str:
    """Return the setting name of a target's variable: RFLOW_TARGET_NOC_EU_URL is targets.noc-eu.url."""
    begin, _, rest = variable.partition("RFLOW_TARGET_")
    name, _, field = rest.rpartition("_")
    return "" if begin else f"targets.{name.replace('_', '-')}.{field}".lower()


def _of_target(setting: Setting, name: str) -> Setting:
    """Return the setting of one target."""
    variable = setting.variable.replace("NAME", name.upper().replace("-", "_"))
    return setting._replace(name=setting.name.replace("NAME", name), variable=variable)


def _value(
    setting: Setting,
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    in_file: Mapping[str, str | tuple[str, ...]],
    where: Folders,
) -> Value:
    flag = flags.get(setting.name)
    if flag:
        return Value(value=flag, origin="flag", secret=setting.secret)
    variable = environ.get(setting.variable)
    if variable:
        value = tuple(variable.split("\n")) if setting.many else variable
        return Value(value=value, origin="environment", secret=setting.secret)
    in_config = in_file.get(setting.name)
    if isinstance(in_config, tuple) and not setting.many:
        raise BadInput(
            f"In {where.config_file}, {setting.name} is a list, but must be a single text.", try_="Fix it in an editor."
        )
    if in_config:
        return Value(value=in_config, origin="file", secret=setting.secret)
    return Value(value=_default(setting.name, where, environ), origin="default")


def _default(name: str, where: Folders, environ: Mapping[str, str]) -> str | tuple[str, ...]:
    match name:
        case "store" if where.data_name.startswith(NOWHERE):
            return ""
        case "store":
            return f"sqlite:///{where.data_name.replace(os.sep, '/')}/rflow.db"
        case "user.name":
            return _login(environ)
        case "progress.format":
            return "markdown"
        case "redact.patterns":
            return ()
        case "post.timeout":
            return "10"
        case "notices.remind_after":
            return "30m"
        case "notices.handoff_life":
            return "never"
        case "mail.security":
            return "starttls"
        case _:
            return ""


def _login(environ: Mapping[str, str]) -> str:
    """Return the login name: from the variables that `getpass.getuser` reads, then from the password database."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        if environ.get(variable):
            return environ[variable]
    import getpass

    try:
        return getpass.getuser()
    except (
        OSError,
        KeyError,
        ImportError,
    ):  # an unknown user id, as in a container (Python 3.13 always raises OSError)
        return "someone"


def setting_named(name: str) -> Setting:
    """Return a setting by its name, or by the part of it after the dot: `format` is progress.format.

    Raises `UsageProblem` with the nearest name if there is none.
    """
    if name in SETTINGS or name in OIDC_SETTINGS:
        return (SETTINGS | OIDC_SETTINGS)[name]
    if len(ending := [known for known in SETTINGS if known.endswith(f".{name}")]) == 1:
        return SETTINGS[ending[0]]
    if match := re.fullmatch(_TARGET, name):
        return _of_target(TARGET_SETTINGS[f"targets.NAME.{match[2]}"], match[1])
    from difflib import get_close_matches

    known = (*SETTINGS, *TARGET_SETTINGS, *(OIDC_SETTINGS if name.startswith("oidc") else ()))
    close = get_close_matches(name, known, n=1)
    hint = f'Did you mean "{close[0]}"?' if close else f"Known: {', '.join(known)}."
    before, equals, value = name.partition("=")
    if equals and before.rpartition(".")[2] in (setting.rpartition(".")[2] for setting in known):
        hint = f"Write the value apart: rflow config set {before} {value}"
    if name.startswith("targets."):
        hint = f'{" or ".join(TARGET_SETTINGS)}, with a name of small letters, digits and "-".'
    raise UsageProblem(f'There is no setting "{name}".', try_=hint)


def write_setting(path: "Path", name: str, values: tuple[str, ...]) -> None:
    """Write a setting to the configuration file, or remove it if `values` is empty."""
    setting = setting_named(name)
    write_config(path, name, None if not values else list(values) if setting.many else values[0])
