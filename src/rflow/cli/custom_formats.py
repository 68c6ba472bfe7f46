"""What `rflow format new`, `check` and `trust` do with templates."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from rflow.cli.app import App
from rflow.core.text import clean
from rflow.errors import BadInput, NotDelivered, NotFound, UsageProblem
from rflow.formats import FORMATS, format_named
from rflow.formats.custom.find import IN_PROJECT, own_format, own_formats, project_folder, user_folder
from rflow.formats.custom.folder import ENDING, NAME, TemplateFolder, read_folder, split_name
from rflow.formats.custom.template import copy_of
from rflow.formats.custom.trust import is_trusted, trust, was_trusted


def create(run: App, name: str, base: str, *, project: bool) -> Path:
    """Write the template of a new format and return its path; nothing is overwritten."""
    if not NAME.fullmatch(name):
        raise UsageProblem(
            f'"{name}" can\'t be the name of a format.', try_="Use letters, digits, - and _: rflow format new wiki"
        )
    if name in FORMATS:
        raise UsageProblem(
            f"{name} is one of rflow's own formats.", try_=f"Use another name: rflow format new my-{name}"
        )
    folders = run.settings.folders
    if own := own_format(base, folders, untrusted=True):
        file = name + split_name(own.file)[1]
        raise UsageProblem(f"{base} is a template itself: {own.path}.", try_=f"Copy it under another name: {file}")
    file, text = copy_of(format_named(base), name)
    folder = read_folder((project_folder() or Path.cwd() / IN_PROJECT) if project else user_folder(folders))
    if existing := dict(folder.formats()).get(name):
        raise UsageProblem(f"There is already a format {name}: {folder.path / existing}.", try_="Use another name.")
    _write(folder.path / file, text)
    if project and (not folder.texts or is_trusted(folders.state, folder)):
        trust(folders.state, replace(folder, texts=folder.texts | {file: text}))
    return folder.path / file


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise NotDelivered(
            f"{path} can't be written: {error.strerror}.", try_="Fix the folder's permissions."
        ) from error


def templates(run: App, names: Sequence[str]) -> Iterator[tuple[TemplateFolder, str]]:
    """Yield the templates named, or all if none is; trusted or not, since a check needs no trust."""
    if not names:
        yield from ((own.folder, own.file) for own in own_formats(run.settings.folders, untrusted=True))
    for name in names:
        yield _by_path(Path(name)) if name.endswith(ENDING) or "/" in name or "\\" in name else _by_name(run, name)


def _by_path(path: Path) -> tuple[TemplateFolder, str]:
    folder = read_folder(path.parent)
    if path.name not in {*folder.texts, *folder.problems}:
        raise NotFound(f"There is no template {path}.", try_="Its name ends in .j2, such as wiki.md.j2.")
    return folder, path.name


def _by_name(run: App, name: str) -> tuple[TemplateFolder, str]:
    own = own_format(name, run.settings.folders, untrusted=True)
    if own is None:
        run.format(name)  # raises an error that names the formats there are
        raise UsageProblem(f"{name} is not made of a template of yours.", try_="To make one: rflow format new NAME")
    return own.folder, own.file


def passes_check(run: App, folder: TemplateFolder, file: str) -> bool:
    """Check a template, print its mistakes, and return whether it can be used."""
    from rflow.formats.custom.check_process import check_in_process

    mistakes = check_in_process(folder, file)
    for mistake in mistakes:
        run.say(str(mistake))
    name, warned = split_name(file)[0], bool(mistakes)
    if name in FORMATS:
        warned = True
        run.say(f'{folder.path / file}: warning: It is never used: "{name}" is one of rflow\'s own formats. Rename it.')
    usable = all(mistake.warning for mistake in mistakes)
    if usable:
        run.say(f"{folder.path / file}: no errors{'' if warned else ', no warnings'}.")
    return usable


def folder_to_trust(path: Path | None) -> TemplateFolder:
    """Read the folder named: one of templates, or a project that has such a folder."""
    if path is None:
        path = project_folder()
    elif (path / IN_PROJECT).is_dir():
        path = path / IN_PROJECT
    if path is None:
        raise NotFound("There is no .rflow/templates here or above.", try_="Name the folder: rflow format trust FOLDER")
    folder = read_folder(path)
    if folder.problems:
        file, problem = next(iter(folder.problems.items()))
        raise BadInput(f"{path / file} can't be trusted: {problem}.", try_="Fix or remove it.")
    if not folder.texts:
        raise NotFound(f"There are no templates in {path}.", try_="Is this the right folder?")
    return folder


def show_folder(run: App, folder: TemplateFolder) -> None:
    """Print all that a folder holds, since all of it will be trusted."""
    state = run.settings.folders.state
    for file, text in folder.texts.items():
        run.out(clean(f"--- {folder.path / file}\n{text.rstrip()}\n"))
    if is_trusted(state, folder):
        run.say("You trust this folder as it is.")
    elif was_trusted(state, folder):
        run.say("You trusted this folder before; it has changed since.")
    run.say(
        "A template decides what readers of a summary see. It can't reach files, the network or other programs, "
        "but it can take as long as it likes: Ctrl-C stops it."
    )
