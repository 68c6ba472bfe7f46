"""templates/formats/paste.teams.html.j2, compiled by `python -m rflow.formats.compiling`.

SHA-256 of the template: 6fd187c0881331631475314a697b7fa738d1d2229b0912b2a42d63466ebe716f
"""

from rflow.formats.runtime import Undefined, missing


def template(environment):
    def root(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        l_0_real_lists = missing
        pass
        l_0_real_lists = True
        context.vars['real_lists'] = l_0_real_lists
        context.exported_vars.add('real_lists')
        template = environment.get_template('paste.j2', 'paste.teams.html.j2')
        gen = template.root_render_func(template.new_context(context.get_all(), True, {'real_lists': l_0_real_lists}))
        try:
            for event in gen:
                yield event
        finally: gen.close()

    blocks = {}
    return root, blocks
