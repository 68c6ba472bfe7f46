"""templates/formats/page.html.j2, compiled by `python -m rflow.formats.compiling`.

SHA-256 of the template: 1f2e546f41e49439b1aed88f633c05c472ad335b9d9649b0cfb9b50f94f6b072
"""

from rflow.formats.runtime import Macro, Markup, Undefined, identity, missing


def template(environment):
    def root(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        l_0_p = resolve('p')
        l_0_digest_title = resolve('digest_title')
        l_0_title = resolve('title')
        l_0_is_whole = resolve('is_whole')
        l_0_part = l_0_whole = l_0_digest = missing
        t_1 = environment.filters['block']
        t_2 = environment.filters['code']
        t_3 = environment.filters['count']
        t_4 = environment.filters['link']
        t_5 = environment.tests['defined']
        pass
        l_0_part = context.vars['part'] = environment.get_template('page_parts.j2', 'page.html.j2').make_module(context.get_all(), True, {'digest': l_0_digest, 'part': l_0_part, 'whole': l_0_whole})
        context.exported_vars.discard('part')
        def macro(l_1_p):
            t_6 = []
            l_1_blocks = resolve('blocks')
            l_1_pills = resolve('pills')
            l_1_meta = resolve('meta')
            l_1_drawing = resolve('drawing')
            l_1_loose_outputs = resolve('loose_outputs')
            l_1_drawn_in_part = resolve('drawn_in_part')
            l_1_zone = resolve('zone')
            l_1_at = l_1_page = l_1_drawn = l_1_outputs = missing
            if l_1_p is missing:
                l_1_p = undefined("parameter 'p' was not provided", name='p')
            pass
            l_1_at = environment.getattr(environment.getattr(l_1_p, 'session'), 'as_of')
            l_1_page = (undefined(name='blocks') if l_1_blocks is missing else l_1_blocks)(l_1_p, )
            t_6.append(
                '<header class="head">\n<p class="row">\n',
            )
            for l_2_each in (undefined(name='pills') if l_1_pills is missing else l_1_pills)(l_1_p, ):
                _loop_vars = {}
                pass
                t_6.extend((
                    environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'pill')(l_2_each, (undefined(name='at') if l_1_at is missing else l_1_at), )),
                    '\n',
                ))
            l_2_each = missing
            t_6.extend((
                '</p>\n<h1>',
                environment.show((undefined(name='title') if l_0_title is missing else l_0_title)(environment.getattr(l_1_p, 'session'), )),
                '</h1>\n<p class="meta">',
            ))
            for l_2_text in (undefined(name='meta') if l_1_meta is missing else l_1_meta)(environment.getattr(l_1_p, 'session'), ):
                _loop_vars = {}
                pass
                t_6.extend((
                    '<span>',
                    environment.show(l_2_text),
                    '</span> ',
                ))
            l_2_text = missing
            t_6.extend((
                '<span>Owner <b>',
                environment.show((environment.getattr(environment.getattr(l_1_p, 'session'), 'owner') or 'not known')),
                '</b></span>',
            ))
            if environment.getattr(environment.getattr(l_1_p, 'session'), 'started_at'):
                pass
                t_6.extend((
                    ' <span>Started ',
                    environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'time')(environment.getattr(environment.getattr(l_1_p, 'session'), 'started_at'), 'ago', )),
                    '</span>',
                ))
            if environment.getattr(environment.getattr(l_1_p, 'session'), 'changed_at'):
                pass
                t_6.extend((
                    ' <span>Last change <b>',
                    environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'time')(environment.getattr(environment.getattr(l_1_p, 'session'), 'changed_at'), 'ago', )),
                    '</b></span>',
                ))
            t_6.append(
                '</p>\n</header>\n',
            )
            l_1_drawn = (undefined(name='drawing') if l_1_drawing is missing else l_1_drawing)(l_1_p, )
            t_6.append(
                '<div class="cols',
            )
            if ((not environment.getattr((undefined(name='page') if l_1_page is missing else l_1_page), 'side')) and (not (undefined(name='drawn') if l_1_drawn is missing else l_1_drawn))):
                pass
                t_6.append(
                    ' alone',
                )
            t_6.append(
                '">\n<div class="stack">\n',
            )
            for l_2_block in environment.getattr((undefined(name='page') if l_1_page is missing else l_1_page), 'top'):
                _loop_vars = {}
                pass
                t_6.append(
                    environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'callout')(l_2_block, (undefined(name='at') if l_1_at is missing else l_1_at), )),
                )
            l_2_block = missing
            t_6.extend((
                environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'facts')(environment.getattr((undefined(name='page') if l_1_page is missing else l_1_page), 'facts'), (undefined(name='at') if l_1_at is missing else l_1_at), )),
                '</div>\n',
            ))
            if environment.getattr((undefined(name='page') if l_1_page is missing else l_1_page), 'side'):
                pass
                t_6.append(
                    '<div class="stack side">\n',
                )
                for l_2_block in environment.getattr((undefined(name='page') if l_1_page is missing else l_1_page), 'side'):
                    _loop_vars = {}
                    pass
                    t_6.append(
                        environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'callout')(l_2_block, (undefined(name='at') if l_1_at is missing else l_1_at), )),
                    )
                l_2_block = missing
                t_6.append(
                    '</div>\n',
                )
            t_6.append(
                '<div class="more">\n',
            )
            if (environment.getattr(l_1_p, 'tried') and (not environment.getattr(l_1_p, 'brief'))):
                pass
                t_6.extend((
                    '<section>\n',
                    environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'tried')(l_1_p, )),
                    environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'steps')(l_1_p, )),
                    '</section>\n',
                ))
            elif environment.getattr((undefined(name='page') if l_1_page is missing else l_1_page), 'tried'):
                pass
                t_6.append(
                    environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'facts')([environment.getattr((undefined(name='page') if l_1_page is missing else l_1_page), 'tried')], (undefined(name='at') if l_1_at is missing else l_1_at), )),
                )
            l_1_outputs = ([] if environment.getattr(l_1_p, 'brief') else (undefined(name='loose_outputs') if l_1_loose_outputs is missing else l_1_loose_outputs)(l_1_p, ))
            if (undefined(name='outputs') if l_1_outputs is missing else l_1_outputs):
                pass
                def macro():
                    t_7 = []
                    pass
                    for l_3_piece in (undefined(name='outputs') if l_1_outputs is missing else l_1_outputs):
                        _loop_vars = {}
                        pass
                        t_7.append(
                            environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'output')(l_3_piece, (undefined(name='at') if l_1_at is missing else l_1_at), )),
                        )
                    l_3_piece = missing
                    return concat(t_7)
                caller = Macro(environment, macro, None, (), False, False, False, context.eval_ctx.autoescape)
                t_6.append(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'fold')('outputs', 'Outputs', t_3((undefined(name='outputs') if l_1_outputs is missing else l_1_outputs), 'output'), caller=caller))
            t_6.append(
                environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'facts')(environment.getattr((undefined(name='page') if l_1_page is missing else l_1_page), 'below'), (undefined(name='at') if l_1_at is missing else l_1_at), )),
            )
            if environment.getattr((undefined(name='page') if l_1_page is missing else l_1_page), 'ruled_out'):
                pass
                def macro():
                    t_8 = []
                    pass
                    t_8.append(
                        environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'entries')(environment.getattr(environment.getattr((undefined(name='page') if l_1_page is missing else l_1_page), 'ruled_out'), 'lines'), (undefined(name='at') if l_1_at is missing else l_1_at), 'lines', )),
                    )
                    return concat(t_8)
                caller = Macro(environment, macro, None, (), False, False, False, context.eval_ctx.autoescape)
                t_6.append(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'fold')('ruled-out', environment.getattr(environment.getattr((undefined(name='page') if l_1_page is missing else l_1_page), 'ruled_out'), 'label'), t_3(environment.getattr(environment.getattr((undefined(name='page') if l_1_page is missing else l_1_page), 'ruled_out'), 'lines'), 'answer'), caller=caller))
            if (environment.getattr(l_1_p, 'outline') and (not environment.getattr(l_1_p, 'brief'))):
                pass
                def macro():
                    t_9 = []
                    pass
                    t_9.append(
                        environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'outline')(environment.getattr(l_1_p, 'outline'), )),
                    )
                    return concat(t_9)
                caller = Macro(environment, macro, None, (), False, False, False, context.eval_ctx.autoescape)
                t_6.append(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'fold')('tree', 'The tree in words', 'with the path taken', caller=caller))
            t_6.extend((
                '<section class="box" id="continue">\n<h2>',
                environment.show(environment.getattr(environment.getattr(l_1_p, 'resume'), 'label')),
                '</h2>\n',
            ))
            gen = context.blocks['resume'][0](context)
            try:
                for event in gen:
                    t_6.append(event)
            finally: gen.close()
            t_6.extend((
                '<p class="row"><span>In a terminal:</span> ',
                environment.show(t_2(environment.getattr(environment.getattr(l_1_p, 'resume'), 'command'))),
                '</p>\n',
            ))
            if environment.getattr(environment.getattr(l_1_p, 'resume'), 'link'):
                pass
                t_6.extend((
                    '<p>Link: ',
                    environment.show(t_4(environment.getattr(environment.getattr(l_1_p, 'resume'), 'link'))),
                ))
                if environment.getattr(environment.getattr(l_1_p, 'resume'), 'link_expires'):
                    pass
                    t_6.extend((
                        ', until ',
                        environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'time')(environment.getattr(environment.getattr(l_1_p, 'resume'), 'link_expires'), )),
                    ))
                t_6.append(
                    '</p>\n',
                )
            t_6.append(
                '</section>\n</div>\n',
            )
            if (undefined(name='drawn') if l_1_drawn is missing else l_1_drawn):
                pass
                t_6.extend((
                    '<section class="box drawn" id="map">\n<h2>',
                    environment.show((environment.getattr(environment.getattr(environment.getattr(l_1_p, 'session'), 'tree'), 'title') if environment.getattr(environment.getattr(l_1_p, 'session'), 'tree') else 'The tree')),
                    '</h2>\n',
                    environment.show((undefined(name='drawn') if l_1_drawn is missing else l_1_drawn)),
                    '<p class="by"><span><b>○</b> question</span> <span><b>□</b> action</span> <span><b>✓</b> taken</span> <span><b>?</b> assumed</span> <span><b>✗</b> ruled out</span></p>\n',
                ))
                if (undefined(name='drawn_in_part') if l_1_drawn_in_part is missing else l_1_drawn_in_part)(l_1_p, ):
                    pass
                    t_6.append(
                        '<p class="by">What is near the path. More of it stands under “The tree in words”.</p>\n',
                    )
                t_6.append(
                    '</section>\n',
                )
            t_6.append(
                '</div>\n<p class="meta end">',
            )
            for l_2_block in environment.getattr((undefined(name='page') if l_1_page is missing else l_1_page), 'end'):
                _loop_vars = {}
                pass
                t_6.extend((
                    '<span>',
                    environment.show(environment.getattr(l_2_block, 'label')),
                    ': ',
                    environment.show(environment.getattr(environment.getitem(environment.getattr(l_2_block, 'lines'), 0), 'text')),
                    '</span> ',
                ))
            l_2_block = missing
            t_6.extend((
                '<span id="zone">Times are in ',
                environment.show((undefined(name='zone') if l_1_zone is missing else l_1_zone)((undefined(name='at') if l_1_at is missing else l_1_at), )),
                '.</span></p>\n',
            ))
            return concat(t_6)
        context.exported_vars.add('whole')
        context.vars['whole'] = l_0_whole = Macro(environment, macro, 'whole', ('p',), False, False, False, context.eval_ctx.autoescape)
        def macro(l_1_p):
            t_10 = []
            l_1_more_sessions = resolve('more_sessions')
            l_1_hidden = resolve('hidden')
            l_1_zone = resolve('zone')
            if l_1_p is missing:
                l_1_p = undefined("parameter 'p' was not provided", name='p')
            pass
            t_10.extend((
                '<header class="head">\n<h1>',
                environment.show((undefined(name='digest_title') if l_0_digest_title is missing else l_0_digest_title)(l_1_p, )),
                '</h1>\n</header>\n<div class="rows">\n',
            ))
            for l_2_session in environment.getattr(l_1_p, 'sessions'):
                l_2_pills = resolve('pills')
                l_2_meta = resolve('meta')
                _loop_vars = {}
                pass
                t_10.extend((
                    '<section>\n<h2 class="title">',
                    environment.show((undefined(name='title') if l_0_title is missing else l_0_title)(l_2_session, )),
                    '</h2>\n<p class="row">\n',
                ))
                for l_3_each in (undefined(name='pills') if l_2_pills is missing else l_2_pills)(l_2_session, ):
                    _loop_vars = {}
                    pass
                    t_10.extend((
                        environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'pill')(l_3_each, environment.getattr(l_1_p, 'as_of'), )),
                        '\n',
                    ))
                l_3_each = missing
                t_10.append(
                    '</p>\n<p class="meta">',
                )
                for l_3_text in (undefined(name='meta') if l_2_meta is missing else l_2_meta)(l_2_session, ):
                    _loop_vars = {}
                    pass
                    t_10.extend((
                        '<span>',
                        environment.show(l_3_text),
                        '</span> ',
                    ))
                l_3_text = missing
                t_10.extend((
                    '<span>Owner <b>',
                    environment.show((environment.getattr(l_2_session, 'owner') or 'not known')),
                    '</b></span></p>\n',
                ))
                for l_3_line in environment.getattr(l_2_session, 'lines'):
                    _loop_vars = {}
                    pass
                    t_10.extend((
                        '<p>',
                        environment.show(t_1(l_3_line)),
                        '</p>\n',
                    ))
                l_3_line = missing
                t_10.append(
                    '</section>\n',
                )
            l_2_session = l_2_pills = l_2_meta = missing
            t_10.append(
                '</div>\n<p class="meta end">',
            )
            if (undefined(name='more_sessions') if l_1_more_sessions is missing else l_1_more_sessions)(l_1_p, ):
                pass
                t_10.extend((
                    '<span>Not shown: ',
                    environment.show((undefined(name='more_sessions') if l_1_more_sessions is missing else l_1_more_sessions)(l_1_p, )),
                    '</span> ',
                ))
            if (undefined(name='hidden') if l_1_hidden is missing else l_1_hidden)(l_1_p, ):
                pass
                t_10.extend((
                    '<span>Redacted: ',
                    environment.show((undefined(name='hidden') if l_1_hidden is missing else l_1_hidden)(l_1_p, )),
                    '</span> ',
                ))
            t_10.extend((
                '<span>Times are in ',
                environment.show((undefined(name='zone') if l_1_zone is missing else l_1_zone)(environment.getattr(l_1_p, 'as_of'), )),
                '.</span></p>\n',
            ))
            return concat(t_10)
        context.exported_vars.add('digest')
        context.vars['digest'] = l_0_digest = Macro(environment, macro, 'digest', ('p',), False, False, False, context.eval_ctx.autoescape)
        yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n<meta name="format-detection" content="telephone=no">\n<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n<title>'
        if t_5(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'sessions')):
            pass
            yield environment.show((undefined(name='digest_title') if l_0_digest_title is missing else l_0_digest_title)((undefined(name='p') if l_0_p is missing else l_0_p), ))
        else:
            pass
            yield environment.show((undefined(name='title') if l_0_title is missing else l_0_title)(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'session'), ))
        yield '</title>\n'
        yield from context.blocks['head'][0](context)
        yield '</head>\n<body'
        yield from context.blocks['body'][0](context)
        yield '>\n'
        yield environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'icons')())
        yield from context.blocks['bar'][0](context)
        yield '<main id="main"'
        if ((not t_5(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'sessions'))) and (undefined(name='is_whole') if l_0_is_whole is missing else l_0_is_whole)((undefined(name='p') if l_0_p is missing else l_0_p), )):
            pass
            yield ' data-as-of="'
            yield environment.show(environment.getattr(environment.getattr(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'session'), 'as_of'), 'isoformat')(**{'timespec': 'seconds', }, ))
            yield '"'
        yield '>\n'
        yield environment.show(((undefined(name='digest') if l_0_digest is missing else l_0_digest)((undefined(name='p') if l_0_p is missing else l_0_p), ) if t_5(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'sessions')) else (undefined(name='whole') if l_0_whole is missing else l_0_whole)((undefined(name='p') if l_0_p is missing else l_0_p), )))
        yield '</main>\n</body>\n</html>\n'

    def block_resume(context, missing=missing, environment=environment):
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
        l_0_style_hash = resolve('style_hash')
        l_0_style = missing
        pass
        t_11 = []
        pass
        template = environment.get_template('page.css', 'page.html.j2')
        gen = template.root_render_func(template.new_context(context.get_all(), True, {'style': l_0_style}))
        try:
            for event in gen:
                t_11.append(event)
        finally: gen.close()
        l_0_style = (Markup if context.eval_ctx.autoescape else identity)(concat(t_11))
        _block_vars['style'] = l_0_style
        yield '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \''
        yield environment.show((undefined(name='style_hash') if l_0_style_hash is missing else l_0_style_hash)((undefined(name='style') if l_0_style is missing else l_0_style), ))
        yield '\'; base-uri \'none\'; form-action \'none\'">\n<style>'
        yield environment.show((undefined(name='style') if l_0_style is missing else l_0_style))
        yield '</style>\n'

    def block_body(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        pass

    def block_bar(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        l_0_part = resolve('part')
        l_0_full = resolve('full')
        l_0_p = resolve('p')
        t_5 = environment.tests['defined']
        pass
        yield '<header class="bar"><span class="logo">'
        yield environment.show(environment.getattr((undefined(name='part') if l_0_part is missing else l_0_part), 'icon')('logo', ))
        yield 'rflow</span> <p class="by">As of '
        yield environment.show((undefined(name='full') if l_0_full is missing else l_0_full)((environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'as_of') if t_5(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'sessions')) else environment.getattr(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'session'), 'as_of')), ))
        yield '. What came later does not show.</p></header>\n'

    blocks = {'resume': block_resume, 'head': block_head, 'body': block_body, 'bar': block_bar}
    return root, blocks
