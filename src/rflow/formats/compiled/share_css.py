"""templates/formats/share.css, compiled by `python -m rflow.formats.compiling`.

SHA-256 of the template: 9804a815cccb32b3f6677319312d1b359811b71afd887b71defa07e89ff18dfc
"""

from rflow.formats.runtime import Undefined, missing


def template(environment):
    def root(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        pass
        yield 'aside { max-width: 48rem; margin: 0 auto; padding: .6rem 1rem; display: flex; flex-wrap: wrap; gap: .2rem 1rem; justify-content: space-between; color: var(--quiet); font-size: .85rem; border-bottom: 1px solid var(--rule); }\n#live { min-width: 13em; min-height: 1.45em; }\n#live[data-state="live"]:not(:empty)::before { content: "● "; color: var(--place-edge); }\n#live[data-state="lost"], #live[data-state="ended"] { color: var(--text); font-weight: 600; }\n@media (max-width: 34rem) { aside { padding: .6rem .8rem; } }\n@media print { #live { display: none; } }\n'

    blocks = {}
    return root, blocks
