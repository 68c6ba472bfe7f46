"""templates/formats/share.html.j2, compiled by `python -m rflow.formats.compiling`.

SHA-256 of the template: a1b4194917668e9a1883d78dc7c12ab63c562e5672282816a31421a6483ab809
"""

from rflow.formats.runtime import Undefined, missing


def template(environment):
    def root(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        parent_template = None
        l_0_p = resolve('p')
        l_0_closed = l_0_sign_in = missing
        pass
        parent_template = environment.get_template('page.html.j2', 'share.html.j2')
        for name, parent_block in parent_template.blocks.items():
            context.blocks.setdefault(name, []).append(parent_block)
        l_0_closed = (environment.getattr(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'session'), 'status') == 'closed')
        context.vars['closed'] = l_0_closed
        context.exported_vars.add('closed')
        l_0_sign_in = ('Sign in to read all of it' if (undefined(name='closed') if l_0_closed is missing else l_0_closed) else 'Sign in to resume')
        context.vars['sign_in'] = l_0_sign_in
        context.exported_vars.add('sign_in')
        yield from parent_template.root_render_func(context)

    def block_head(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        l_0_style = resolve('style')
        l_0_script = resolve('script')
        pass
        yield '<link rel="icon" href="data:,">\n<link rel="stylesheet" href="'
        yield environment.show((undefined(name='style') if l_0_style is missing else l_0_style))
        yield '">\n<noscript><meta http-equiv="refresh" content="20"></noscript>\n<script src="'
        yield environment.show((undefined(name='script') if l_0_script is missing else l_0_script))
        yield '" defer></script>\n'

    def block_body(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        l_0_version = resolve('version')
        l_0_stale_at = resolve('stale_at')
        l_0_share = resolve('share')
        pass
        yield ' data-version="'
        yield environment.show((undefined(name='version') if l_0_version is missing else l_0_version))
        yield '"'
        if (undefined(name='stale_at') if l_0_stale_at is missing else l_0_stale_at):
            pass
            yield ' data-stale="'
            yield environment.show(environment.getattr((undefined(name='stale_at') if l_0_stale_at is missing else l_0_stale_at), 'isoformat')(**{'timespec': 'seconds', }, ))
            yield '"'
        if environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'expires_at'):
            pass
            yield ' data-expires="'
            yield environment.show(environment.getattr(environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'expires_at'), 'isoformat')(**{'timespec': 'seconds', }, ))
            yield '"'

    def block_bar(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        l_0_part = resolve('part')
        l_0_share = resolve('share')
        l_0_p = resolve('p')
        l_0_resume = resolve('resume')
        l_0_sign_in = resolve('sign_in')
        t_1 = environment.tests['none']
        pass
        yield '<a class="vh" href="#main">Skip to the session</a>\n<header class="bar">\n<span class="logo">'
        yield environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'icon')('logo', ))
        yield 'rflow</span>\n<p class="by">Read-only, shared by '
        yield environment.show(environment.getattr(environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'by'), 'name'))
        yield '.'
        if (not t_1(environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'until_seq'))):
            pass
            yield ' A snapshot: what came later does not show.'
        if environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'expires_at'):
            pass
            yield ' <span id="ends">The link ends '
            yield environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'time')(environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'expires_at'), ))
            yield '.</span>'
        yield '</p>\n<p id="live" class="live" role="status"'
        if (not t_1(environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'until_seq'))):
            pass
            yield ' data-snapshot'
        yield '>'
        if t_1(environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'until_seq')):
            pass
            yield '<noscript>Reload the page to see what is new.</noscript>'
        yield '</p>\n'
        if (not environment.getattr((undefined(name='share') if l_0_share is missing else l_0_share), 'brief')):
            pass
            yield '<nav class="seg" aria-label="Length">\n<a href="?brief"'
            if environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'brief'):
                pass
                yield ' aria-current="page"'
            yield '>Brief</a><a href="?"'
            if (not environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'brief')):
                pass
                yield ' aria-current="page"'
            yield '>Full</a>\n</nav>\n'
        if (undefined(name='resume') if l_0_resume is missing else l_0_resume):
            pass
            yield '<a class="go" href="?resume">'
            yield environment.show((undefined(name='sign_in') if l_0_sign_in is missing else l_0_sign_in))
            yield '</a>\n'
        yield '</header>\n'

    def block_resume(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        l_0_resume = resolve('resume')
        l_0_sign_in = resolve('sign_in')
        l_0_closed = resolve('closed')
        pass
        if (undefined(name='resume') if l_0_resume is missing else l_0_resume):
            pass
            yield '<p class="row"><a class="go" href="?resume">'
            yield environment.show((undefined(name='sign_in') if l_0_sign_in is missing else l_0_sign_in))
            yield '</a> <span class="by">'
            yield environment.show(('If you are a member of its space, you see its page there.' if (undefined(name='closed') if l_0_closed is missing else l_0_closed) else 'You go on where it stands, if you are a member of its space.'))
            yield '</span></p>\n'

    blocks = {'head': block_head, 'body': block_body, 'bar': block_bar, 'resume': block_resume}
    return root, blocks
