"""`python -m rflow.formats.compiling`: compiles rflow's own templates to the modules in `rflow/formats/compiled`.

Run it after each change of a template, in a checkout. Jinja's compiler does the work; the modules import
rflow.formats.runtime in place of Jinja's.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import indent

from jinja2 import nodes
from jinja2.compiler import DependencyFinderVisitor

from rflow.core.fingerprint import fingerprint
from rflow.data import data_dir
from rflow.formats import runtime
from rflow.formats.environment import FlavouredGenerator, environment
from rflow.formats.templates import module_name

COMPILED = Path(__file__).with_name("compiled")
HEADER = '''"""templates/formats/{name}, compiled by `python -m rflow.formats.compiling`.

SHA-256 of the template: {digest}
"""

from rflow.formats.runtime import {names}


def template(environment):
{code}
    return root, blocks
'''


class ModuleGenerator(FlavouredGenerator):
    """Generates look-ups of filters and tests, which Jinja's compiler has already checked."""

    def pull_dependencies(self, nodes: Iterable[nodes.Node]) -> None:
        """Generate the look-ups of the filters and tests that some nodes use."""
        visitor = DependencyFinderVisitor()
        for node in nodes:
            visitor.visit(node)
        for kind, used, known in (("filters", visitor.filters, self.filters), ("tests", visitor.tests, self.tests)):
            for name in sorted(used):
                known.setdefault(name, self.temporary_identifier())
                self.writeline(f"{known[name]} = environment.{kind}[{name!r}]")


def sources() -> Mapping[str, str]:
    """Return the source of each of rflow's own templates, by name."""
    return {file.name: file.read_text("utf-8") for file in sorted((data_dir("templates") / "formats").iterdir())}


def module(name: str, source: str) -> str:
    """Compile a template to the source of a module. The escaping is chosen at run time."""
    env = environment(".txt.j2").overlay()
    env.code_generator_class = ModuleGenerator
    lines = env.compile(source, name, raw=True).splitlines()
    code = "\n".join(line for line in lines if not line.startswith(("from ", "name = ", "debug_info = ")))
    names = ", ".join(name for name in runtime.__all__ if re.search(rf"\b{name}\b", code))
    return HEADER.format(
        name=name, digest=fingerprint(source.encode()), names=names, code=indent(code, " " * 4).strip("\n")
    )


def main() -> None:
    """Write the modules, and remove those whose template is gone."""
    modules = {f"{module_name(name)}.py": module(name, source) for name, source in sources().items()}
    for file in COMPILED.glob("*.py"):
        if file.name not in {*modules, "__init__.py"}:
            file.unlink()
    for file_name, text in modules.items():
        (COMPILED / file_name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
