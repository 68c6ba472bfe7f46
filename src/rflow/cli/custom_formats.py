"""What `rflow format new`, `check` and `trust` do with templates."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rflow.cli.app import App
from rflow.core.text import clean
from rflow.errors import BadInput, NotDelivered, NotFound, UsageProblem
from rflow.formats import FORMATS, format_named
from rflow.formats.custom.find import IN_PROJECT, all_own, found, project_folder, user_folder
from rflow.formats.custom.folder import ENDING, NAME, Folder, parts_of, read_folder
from rflow.formats.custom.template import copy_of
from rflow.formats.custom.trust import is_trusted, trust, was_trusted


def make(run: App, name: str, base: str, *, project: bool) -> Path:
    """Write the template of a new format; nothing that is there is overwritten."""
    if not NAME.fullmatch(name):
        raise UsageProblem(
            f'"{name}" is no name for a format.', try_="Take letters, digits, - and _: rflow format new wiki"
        )
    if name in FORMATS:
        raise UsageProblem(f"{name} is a format of rflow's own.", try_=f"Take another name: rflow format new my-{name}")
    folders = run.settings.folders
    if (own := found(base, folders)) is not None:
        file = name + parts_of(own.file)[1]
        raise UsageProblem(f"{base} is a template itself: {own.path}.", try_=f"Copy it under another name: {file}")
    file, text = copy_of(format_named(base), name)
    folder = read_folder((project_folder() or Path.cwd() / IN_PROJECT) if project else user_folder(folders))
    there = [known for known in folder.formats() if known[0] == name]
    if there:
        raise UsageProblem(f"There is a format {name} already: {folder.path / there[0][1]}.", try_="Take another name.")
    trusted = project and (not folder.texts or is_trusted(folders.state, folder))
    path = folder.path / file
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise NotDelivered(
            f"{path} can't be written: {error.strerror}.", try_="Mend the folder's permissions."
        ) from error
    if trusted:  # what this user has just made, beside nothing that they do not know
        trust(folders.state, read_folder(folder.path))
    return path


def named(run: App, names: Sequence[str]) -> Iterator[tuple[Folder, str]]:
    """Find the templates that are meant, without names all; drawing trial sessions takes no trust."""
    if not names:
        yield from ((own.folder, own.file) for own in all_own(run.settings.folders))
    for name in names:
        yield _file(name) if name.endswith(ENDING) or "/" in name or "\\" in name else _of(run, name)


def _file(name: str) -> tuple[Folder, str]:
    path = Path(name)
    folder = read_folder(path.parent)
    if path.name not in {*folder.texts, *folder.faults}:
        raise NotFound(f"There is no template {path}.", try_="Its name ends in .j2, such as wiki.md.j2.")
    return folder, path.name


def _of(run: App, name: str) -> tuple[Folder, str]:
    own = found(name, run.settings.folders)
    if own is None:
        run.format(name)  # says what there is instead
        raise UsageProblem(f"{name} is not made of a template of yours.", try_="To make one: rflow format new NAME")
    return own.folder, own.file


def checked(run: App, folder: Folder, file: str) -> bool:
    """Check a template and say what was found; give whether it can be used."""
    from rflow.formats.custom.check import check, shadowed
    from rflow.formats.custom.samples import TRIALS

    mistakes = [*check(folder, file), *(one for one in shadowed(folder) if one.file.endswith(file))]
    for one in mistakes:
        run.say(str(one))
    grave = any(one.grave for one in mistakes)
    if not grave:
        run.say(
            f"{folder.path / file}: drawn with {len(TRIALS)} sessions, no errors{'' if mistakes else ', no warnings'}."
        )
    return not grave


def to_trust(said: Path | None) -> Folder:
    """Read the folder that is meant: one of templates, or one that has such a folder."""
    path = project_folder() if said is None else said / IN_PROJECT if (said / IN_PROJECT).is_dir() else said
    if path is None:
        raise NotFound(
            "There is no .rflow/templates here, nor above.", try_="Name the folder: rflow format trust FOLDER"
        )
    folder = read_folder(path)
    if folder.faults:
        file, fault = next(iter(folder.faults.items()))
        raise BadInput(f"{path / file} can't be trusted: {fault}.", try_="Mend or remove it.")
    if not folder.texts:
        raise NotFound(f"There are no templates in {path}.", try_="Is it the folder that is meant?")
    return folder


def shown(run: App, folder: Folder) -> None:
    """Show what a folder holds: all of it, since that is what will be trusted."""
    state = run.settings.folders.state
    for file, text in folder.texts.items():
        run.out(clean(f"--- {folder.path / file}\n{text.rstrip()}\n"))
    since = "You trusted this folder before; it has changed since. " if was_trusted(state, folder) else ""
    since = "You trust this folder as it is. " if is_trusted(state, folder) else since
    run.say(
        f"{since}A template decides what readers of a summary see; it reaches no files, no network and no other "
        "program."
    )
