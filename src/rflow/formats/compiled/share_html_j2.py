"""templates/formats/share.html.j2, compiled by `python -m rflow.formats.compiling`.

SHA-256 of the template: bb6feb5ce40eab19305bf4a5266568d0b679120b2fdebfa4777b9f9be6377f86
"""

from rflow.formats.runtime import Undefined, escape, missing


def template(environment):
    def root(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        parent_template = None
        pass
        parent_template = environment.get_template('page.html.j2', 'share.html.j2')
        for name, parent_block in parent_template.blocks.items():
            context.blocks.setdefault(name, []).append(parent_block)
        yield from parent_template.root_render_func(context)

    def block_policy(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        pass

    def block_head(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        l_0_script = resolve('script')
        pass
        yield '<link rel="icon" href="data:,">\n<noscript><meta http-equiv="refresh" content="20"></noscript>\n<script src="'
        yield escape(environment.finalize(context.eval_ctx, (undefined(name='script') if l_0_script is missing else l_0_script)))
        yield '" defer></script>\n<style>'
        template = environment.get_template('share.css', 'share.html.j2')
        gen = template.root_render_func(template.new_context(context.get_all(), True, {}))
        try:
            for event in gen:
                yield event
        finally: gen.close()
        yield '</style>\n'

    def block_body(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        l_0_version = resolve('version')
        pass
        yield ' data-version="'
        yield escape(environment.finalize(context.eval_ctx, (undefined(name='version') if l_0_version is missing else l_0_version)))
        yield '"'

    def block_above(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        l_0_share = resolve('share')
        t_1 = environment.filters['stamp']
        t_2 = environment.tests['none']
        pass
        yield '<aside aria-label="About this link">\n<p>Read-only, shared by '
        yield escape(environment.finalize(context.eval_ctx, environment.getattr(environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'by'), 'name')))
        if (not t_2(environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'until_seq'))):
            pass
            yield '. A snapshot: what came later does not show'
        yield '.'
        if environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'expires_at'):
            pass
            yield ' The link ends <time datetime="'
            yield escape(environment.finalize(context.eval_ctx, context.call(environment.getattr(environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'expires_at'), 'isoformat'), timespec='seconds', _block_vars=_block_vars)))
            yield '">'
            yield escape(environment.finalize(context.eval_ctx, t_1(environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'expires_at'))))
            yield '</time>.'
        yield '</p>\n<p id="live" role="status"'
        if (not t_2(environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'until_seq'))):
            pass
            yield ' data-snapshot'
        yield '>'
        if t_2(environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'until_seq')):
            pass
            yield '<noscript>Reload the page to see what is new.</noscript>'
        yield '</p>\n</aside>\n'

    blocks = {'policy': block_policy, 'head': block_head, 'body': block_body, 'above': block_above}
    return root, blocks
