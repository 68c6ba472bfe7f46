"""Listing, creating, checking and trusting formats that are not built in, for the `rflow format` commands."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from rflow.cli.app import App
from rflow.core.text import clean
from rflow.data import data_dir
from rflow.errors import BadInput, NotDelivered, NotFound, UsageProblem
from rflow.formats import FORMATS, Format, format_named, suffix_of
from rflow.formats.custom.find import IN_PROJECT, OwnFormat, own_format, own_formats, project_folder, user_folder
from rflow.formats.custom.folder import ENDING, NAME, TemplateFolder, read_folder, split_name
from rflow.formats.custom.template import TEMPLATES, base_of, description_of
from rflow.formats.custom.trust import is_trusted, trust, was_trusted
from rflow.settings import Folders
from rflow.whole_files import make_folders, replace_file


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A format in a list: `from_` is its origin, `path` its template."""

    name: str
    description: str
    media_type: str
    from_: str = msgspec.field(name="from")
    path: str | None = None


def listed(folders: Folders) -> Iterator[Entry]:
    """Yield all available formats; the description of an unusable one says why."""
    from rflow.formats.custom.entry_points import loaded, packaged

    known = {*FORMATS}
    for format_ in FORMATS.values():
        yield _entry(format_, "rflow")
    for own in own_formats(folders):
        if own.name not in known:
            known.add(own.name)
            yield _of_template(own)
    for name, package, point in packaged():
        if name not in known:
            from_ = f"package {package}"
            try:
                yield _entry(loaded(name, package, point), from_)
            except BadInput as error:
                yield Entry(name=name, description=error.what, media_type="", from_=from_)


def _entry(format_: Format, from_: str) -> Entry:
    return Entry(name=format_.name, description=format_.description, media_type=format_.media_type, from_=from_)


def _of_template(own: OwnFormat) -> Entry:
    """Return the entry of a template, without rendering it."""
    try:
        media_type = base_of(own.folder, own.file).media_type
        description = description_of(own.folder.text(own.file))
    except BadInput as error:
        description, media_type = error.what, ""
    return Entry(
        name=own.name, description=description, media_type=media_type, from_=own.origin, path=clean(str(own.path))
    )


def create(run: App, name: str, base: str, *, project: bool) -> Path:
    """Write the template of a new format, and return its path; an existing file is not overwritten."""
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


def copy_of(base: Format, name: str) -> tuple[str, str]:
    """Return the file name and the text of a template that renders the same as `base`."""
    template = TEMPLATES[base.name]
    if not template:
        names = ", ".join(name for name, template in TEMPLATES.items() if template)
        raise UsageProblem(f"The format {base.name} is a program, not a template.", try_=f"Use one of {names}.")
    templates = data_dir("templates")
    layout = (templates / "formats" / (base.page or "progress.j2")).read_text("utf-8").partition("#}\n")[2]
    text = (templates / "own" / ("page.j2" if base.page else "text.j2")).read_text("utf-8")
    for placeholder, value in (("BASE", base.name), ("NAME", name), ("DRAWING", base.drawing), ("LAYOUT\n", layout)):
        text = text.replace(placeholder, value)
    return name + suffix_of(template), text


def _write(path: Path, text: str) -> None:
    try:
        make_folders(path.parent, 0o777)
        if path.exists():
            raise FileExistsError(17, "it exists already")
        replace_file(path, text.encode(), private=False)
    except OSError as error:
        raise NotDelivered(
            f"{path} can't be written: {error.strerror}.", try_="Fix the folder's permissions."
        ) from error


def templates(run: App, names: Sequence[str]) -> Iterator[tuple[TemplateFolder, str]]:
    """Yield the named templates, or all of them; also untrusted ones, since a check needs no trust."""
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
        run.format(name)  # raises an error that lists the formats
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
    """Read the folder of templates at `path`, or of the project there; by default that of the current project."""
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
    """Print everything in a folder, since all of it will be trusted."""
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
