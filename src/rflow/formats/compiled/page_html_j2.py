"""templates/formats/page.html.j2, compiled by `python -m rflow.formats.compiling`.

SHA-256 of the template: 8bf82aeed4119136d36325f01e9b030e0157fbbe9d1efda25735fbb3b8ba78c4
"""

from rflow.formats.runtime import LoopContext, Macro, Markup, Namespace, Undefined, escape, identity, missing


def template(environment):
    def root(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        l_0_sheet = resolve('sheet')
        l_0_p = resolve('p')
        l_0_style = l_0_facts = l_0_items = l_0_steps = l_0_entry = l_0_section = l_0_outline = l_0_record = missing
        t_1 = environment.filters['block']
        t_2 = environment.filters['code']
        t_3 = environment.filters['fence']
        t_4 = environment.filters['join']
        t_5 = environment.filters['link']
        t_6 = environment.filters['stamp']
        t_7 = environment.tests['defined']
        pass
        t_8 = []
        pass
        template = environment.get_template('page.css', 'page.html.j2')
        gen = template.root_render_func(template.new_context(context.get_all(), True, {'entry': l_0_entry, 'facts': l_0_facts, 'items': l_0_items, 'outline': l_0_outline, 'record': l_0_record, 'section': l_0_section, 'steps': l_0_steps, 'style': l_0_style}))
        try:
            for event in gen:
                t_8.append(event)
        finally: gen.close()
        l_0_style = (Markup if context.eval_ctx.autoescape else identity)(concat(t_8))
        context.vars['style'] = l_0_style
        context.exported_vars.add('style')
        def macro(l_1_part, l_1_p):
            t_9 = []
            l_1_kind = resolve('kind')
            if l_1_part is missing:
                l_1_part = undefined("parameter 'part' was not provided", name='part')
            if l_1_p is missing:
                l_1_p = undefined("parameter 'p' was not provided", name='p')
            pass
            t_9.extend((
                '<div><dt>',
                escape(environment.finalize(context.eval_ctx, environment.getattr(l_1_part, 'label'))),
                '</dt><dd>',
            ))
            if (context.call((undefined(name='kind') if l_1_kind is missing else l_1_kind), l_1_part) == 'command'):
                pass
                t_9.append(
                    escape(environment.finalize(context.eval_ctx, t_2(environment.getattr(l_1_part, 'text')))),
                )
            elif (context.call((undefined(name='kind') if l_1_kind is missing else l_1_kind), l_1_part) == 'link'):
                pass
                t_9.append(
                    escape(environment.finalize(context.eval_ctx, t_5(environment.getattr(l_1_part, 'url')))),
                )
                if environment.getattr(l_1_part, 'until'):
                    pass
                    t_9.extend((
                        ' until <time datetime="',
                        escape(environment.finalize(context.eval_ctx, context.call(environment.getattr(environment.getattr(l_1_part, 'until'), 'isoformat'), timespec='seconds'))),
                        '">',
                        escape(environment.finalize(context.eval_ctx, t_6(environment.getattr(l_1_part, 'until')))),
                        '</time>',
                    ))
            else:
                pass
                t_9.append(
                    escape(environment.finalize(context.eval_ctx, t_1(environment.getattr(l_1_part, 'text')))),
                )
            t_9.append(
                '</dd></div>\n',
            )
            return concat(t_9)
        context.exported_vars.add('facts')
        context.vars['facts'] = l_0_facts = Macro(environment, macro, 'facts', ('part', 'p'), False, False, False, context.eval_ctx.autoescape)
        def macro(l_1_entries):
            t_10 = []
            if l_1_entries is missing:
                l_1_entries = undefined("parameter 'entries' was not provided", name='entries')
            pass
            t_10.append(
                '<ul>\n',
            )
            def loop(reciter, loop_render_func, depth=0):
                t_11 = []
                l_2_loop = missing
                for l_2_item, l_2_loop in LoopContext(reciter, undefined, loop_render_func, depth):
                    _loop_vars = {}
                    pass
                    t_11.extend((
                        '<li>',
                        escape(environment.finalize(context.eval_ctx, t_1(environment.getattr(l_2_item, 'text')))),
                        '\n',
                    ))
                    if environment.getattr(l_2_item, 'output'):
                        pass
                        t_11.extend((
                            escape(environment.finalize(context.eval_ctx, t_3(environment.getattr(l_2_item, 'output')))),
                            '\n',
                        ))
                    if environment.getitem(l_2_item, 'items'):
                        pass
                        t_11.extend((
                            '<ul>\n',
                            escape(environment.finalize(context.eval_ctx, context.call(l_2_loop, environment.getitem(l_2_item, 'items'), _loop_vars=_loop_vars))),
                            '</ul>\n',
                        ))
                    t_11.append(
                        '</li>\n',
                    )
                return Markup(concat(t_11))
            t_10.append(loop(l_1_entries, loop))
            t_10.append(
                '</ul>\n',
            )
            return concat(t_10)
        context.exported_vars.add('items')
        context.vars['items'] = l_0_items = Macro(environment, macro, 'items', ('entries',), False, False, False, context.eval_ctx.autoescape)
        def macro(l_1_part):
            t_12 = []
            if l_1_part is missing:
                l_1_part = undefined("parameter 'part' was not provided", name='part')
            pass
            t_12.append(
                '<ol>\n',
            )
            for l_2_step in environment.getattr(l_1_part, 'steps'):
                _loop_vars = {}
                pass
                t_12.extend((
                    '<li value="',
                    escape(environment.finalize(context.eval_ctx, environment.getattr(l_2_step, 'number'))),
                    '">',
                    escape(environment.finalize(context.eval_ctx, t_1(environment.getattr(l_2_step, 'text')))),
                    '</li>\n',
                ))
            l_2_step = missing
            t_12.append(
                '</ol>\n',
            )
            return concat(t_12)
        context.exported_vars.add('steps')
        context.vars['steps'] = l_0_steps = Macro(environment, macro, 'steps', ('part',), False, False, False, context.eval_ctx.autoescape)
        def macro(l_1_part):
            t_13 = []
            if l_1_part is missing:
                l_1_part = undefined("parameter 'part' was not provided", name='part')
            pass
            t_13.extend((
                '<h2>',
                escape(environment.finalize(context.eval_ctx, environment.getattr(l_1_part, 'title'))),
                '</h2>\n',
            ))
            for l_2_line in environment.getattr(l_1_part, 'lines'):
                _loop_vars = {}
                pass
                t_13.extend((
                    '<p>',
                    escape(environment.finalize(context.eval_ctx, t_1(l_2_line))),
                    '</p>\n',
                ))
            l_2_line = missing
            return concat(t_13)
        context.exported_vars.add('entry')
        context.vars['entry'] = l_0_entry = Macro(environment, macro, 'entry', ('part',), False, False, False, context.eval_ctx.autoescape)
        def macro(l_1_section, l_1_p):
            t_14 = []
            l_1_kind = resolve('kind')
            l_1_namespace = resolve('namespace')
            l_1_first = l_1_headed = l_1_list = missing
            if l_1_section is missing:
                l_1_section = undefined("parameter 'section' was not provided", name='section')
            if l_1_p is missing:
                l_1_p = undefined("parameter 'p' was not provided", name='p')
            pass
            l_1_first = (environment.getattr(environment.getitem(environment.getattr(l_1_section, 'blocks'), 0), 'label') if t_7(environment.getattr(environment.getitem(environment.getattr(l_1_section, 'blocks'), 0), 'label')) else '')
            l_1_headed = (environment.getattr(l_1_section, 'heading') or (context.call((undefined(name='kind') if l_1_kind is missing else l_1_kind), environment.getitem(environment.getattr(l_1_section, 'blocks'), 0)) == 'entry'))
            t_14.append(
                '<',
            )
            if (undefined(name='headed') if l_1_headed is missing else l_1_headed):
                pass
                t_14.append(
                    'section',
                )
            else:
                pass
                t_14.append(
                    'div',
                )
            t_14.append(
                ' class="part',
            )
            if ((undefined(name='first') if l_1_first is missing else l_1_first) == 'Ask'):
                pass
                t_14.append(
                    ' ask',
                )
            elif ((undefined(name='first') if l_1_first is missing else l_1_first) in ('At', 'Stuck at', 'Ended at')):
                pass
                t_14.append(
                    ' place',
                )
            elif (context.call((undefined(name='kind') if l_1_kind is missing else l_1_kind), environment.getitem(environment.getattr(l_1_section, 'blocks'), 0)) == 'entry'):
                pass
                t_14.append(
                    ' entry',
                )
            t_14.append(
                '">\n',
            )
            if environment.getattr(l_1_section, 'heading'):
                pass
                t_14.extend((
                    '<h2>',
                    escape(environment.finalize(context.eval_ctx, environment.getattr(l_1_section, 'heading'))),
                    '</h2>\n',
                ))
            l_1_list = context.call((undefined(name='namespace') if l_1_namespace is missing else l_1_namespace), open=False)
            for l_2_part in environment.getattr(l_1_section, 'blocks'):
                l_2_is_fact = missing
                _loop_vars = {}
                pass
                l_2_is_fact = (context.call((undefined(name='kind') if l_1_kind is missing else l_1_kind), l_2_part, _loop_vars=_loop_vars) in ('fact', 'command', 'link'))
                _loop_vars['is_fact'] = l_2_is_fact
                if ((undefined(name='is_fact') if l_2_is_fact is missing else l_2_is_fact) and (not environment.getattr((undefined(name='list') if l_1_list is missing else l_1_list), 'open'))):
                    pass
                    t_14.append(
                        '<dl>\n',
                    )
                elif (environment.getattr((undefined(name='list') if l_1_list is missing else l_1_list), 'open') and (not (undefined(name='is_fact') if l_2_is_fact is missing else l_2_is_fact))):
                    pass
                    t_14.append(
                        '</dl>\n',
                    )
                if not isinstance(l_1_list, Namespace):
                    raise TemplateRuntimeError("cannot assign attribute on non-namespace object")
                l_1_list['open'] = (undefined(name='is_fact') if l_2_is_fact is missing else l_2_is_fact)
                if (undefined(name='is_fact') if l_2_is_fact is missing else l_2_is_fact):
                    pass
                    t_14.append(
                        escape(environment.finalize(context.eval_ctx, context.call((undefined(name='facts') if l_0_facts is missing else l_0_facts), l_2_part, l_1_p, _loop_vars=_loop_vars))),
                    )
                elif (context.call((undefined(name='kind') if l_1_kind is missing else l_1_kind), l_2_part, _loop_vars=_loop_vars) == 'steps'):
                    pass
                    t_14.append(
                        escape(environment.finalize(context.eval_ctx, context.call((undefined(name='steps') if l_0_steps is missing else l_0_steps), l_2_part, _loop_vars=_loop_vars))),
                    )
                elif (context.call((undefined(name='kind') if l_1_kind is missing else l_1_kind), l_2_part, _loop_vars=_loop_vars) == 'items'):
                    pass
                    t_14.append(
                        escape(environment.finalize(context.eval_ctx, context.call((undefined(name='items') if l_0_items is missing else l_0_items), environment.getitem(l_2_part, 'items'), _loop_vars=_loop_vars))),
                    )
                elif (context.call((undefined(name='kind') if l_1_kind is missing else l_1_kind), l_2_part, _loop_vars=_loop_vars) == 'entry'):
                    pass
                    t_14.append(
                        escape(environment.finalize(context.eval_ctx, context.call((undefined(name='entry') if l_0_entry is missing else l_0_entry), l_2_part, _loop_vars=_loop_vars))),
                    )
                else:
                    pass
                    t_14.extend((
                        '<p>',
                        escape(environment.finalize(context.eval_ctx, t_1(environment.getattr(l_2_part, 'text')))),
                        '</p>\n',
                    ))
            l_2_part = l_2_is_fact = missing
            if environment.getattr((undefined(name='list') if l_1_list is missing else l_1_list), 'open'):
                pass
                t_14.append(
                    '</dl>\n',
                )
            t_14.append(
                '</',
            )
            if (undefined(name='headed') if l_1_headed is missing else l_1_headed):
                pass
                t_14.append(
                    'section',
                )
            else:
                pass
                t_14.append(
                    'div',
                )
            t_14.append(
                '>\n',
            )
            return concat(t_14)
        context.exported_vars.add('section')
        context.vars['section'] = l_0_section = Macro(environment, macro, 'section', ('section', 'p'), False, False, False, context.eval_ctx.autoescape)
        def macro(l_1_entries):
            t_15 = []
            l_1_branches = resolve('branches')
            if l_1_entries is missing:
                l_1_entries = undefined("parameter 'entries' was not provided", name='entries')
            pass
            t_15.append(
                '<details>\n<summary>The whole tree, with the path taken</summary>\n<p><b>✓</b> taken <b>▶</b> you are here <b>✗</b> ruled out <b>…</b> more not shown</p>\n<ul class="tree">\n',
            )
            def loop(reciter, loop_render_func, depth=0):
                t_16 = []
                l_2_loop = missing
                for l_2_branch, l_2_loop in LoopContext(reciter, undefined, loop_render_func, depth):
                    l_2_entry = l_0_entry
                    _loop_vars = {}
                    pass
                    l_2_entry = environment.getattr(l_2_branch, 'entry')
                    _loop_vars['entry'] = l_2_entry
                    t_16.append(
                        '<li',
                    )
                    if environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'mark'):
                        pass
                        t_16.append(
                            ' class="',
                        )
                        if (environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'mark') == 'ruled out'):
                            pass
                            t_16.append(
                                'out',
                            )
                        elif (environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'mark') == 'here'):
                            pass
                            t_16.append(
                                'here',
                            )
                        else:
                            pass
                            t_16.append(
                                'taken',
                            )
                        t_16.append(
                            '"',
                        )
                    t_16.append(
                        '>',
                    )
                    if (environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'mark') == 'ruled out'):
                        pass
                        t_16.append(
                            '<b>✗</b><i> ruled out: </i>',
                        )
                    elif (environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'mark') == 'here'):
                        pass
                        t_16.append(
                            '<b>▶</b><i> you are here: </i>',
                        )
                    elif environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'mark'):
                        pass
                        t_16.append(
                            '<b>✓</b><i> taken: </i>',
                        )
                    if environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'label'):
                        pass
                        t_16.extend((
                            '<span>',
                            escape(environment.finalize(context.eval_ctx, environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'label'))),
                            ':</span> ',
                        ))
                    t_16.append(
                        escape(environment.finalize(context.eval_ctx, environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'text'))),
                    )
                    if environment.getattr(l_2_branch, 'see'):
                        pass
                        t_16.extend((
                            ' (see ',
                            escape(environment.finalize(context.eval_ctx, environment.getattr(l_2_branch, 'see'))),
                            ')',
                        ))
                    elif environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'cut'):
                        pass
                        t_16.append(
                            ' …',
                        )
                    elif (environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'kind') == 'end'):
                        pass
                        t_16.append(
                            ' (end)',
                        )
                    t_16.append(
                        '\n',
                    )
                    if environment.getattr(l_2_branch, 'branches'):
                        pass
                        t_16.extend((
                            '<ul>\n',
                            escape(environment.finalize(context.eval_ctx, context.call(l_2_loop, environment.getattr(l_2_branch, 'branches'), _loop_vars=_loop_vars))),
                            '</ul>\n',
                        ))
                    t_16.append(
                        '</li>\n',
                    )
                return Markup(concat(t_16))
            t_15.append(loop(context.call((undefined(name='branches') if l_1_branches is missing else l_1_branches), l_1_entries), loop))
            t_15.append(
                '</ul>\n</details>\n',
            )
            return concat(t_15)
        context.exported_vars.add('outline')
        context.vars['outline'] = l_0_outline = Macro(environment, macro, 'outline', ('entries',), False, False, False, context.eval_ctx.autoescape)
        def macro(l_1_p):
            t_17 = []
            if l_1_p is missing:
                l_1_p = undefined("parameter 'p' was not provided", name='p')
            pass
            if environment.getattr(l_1_p, 'tried'):
                pass
                t_17.append(
                    '<details>\n<summary>All steps</summary>\n<ol>\n',
                )
                for l_2_step in environment.getattr(l_1_p, 'tried'):
                    _loop_vars = {}
                    pass
                    t_17.extend((
                        '<li value="',
                        escape(environment.finalize(context.eval_ctx, environment.getattr(l_2_step, 'number'))),
                        '"',
                    ))
                    if environment.getattr(l_2_step, 'undone'):
                        pass
                        t_17.append(
                            ' class="gone"',
                        )
                    t_17.extend((
                        '>',
                        escape(environment.finalize(context.eval_ctx, t_1(environment.getattr(l_2_step, 'text')))),
                    ))
                    if environment.getattr(l_2_step, 'result'):
                        pass
                        t_17.extend((
                            ' → ',
                            escape(environment.finalize(context.eval_ctx, t_1(environment.getattr(l_2_step, 'result')))),
                        ))
                    t_17.append(
                        '</li>\n',
                    )
                l_2_step = missing
                t_17.append(
                    '</ol>\n</details>\n',
                )
            if environment.getattr(l_1_p, 'evidence'):
                pass
                t_17.append(
                    '<details>\n<summary>Outputs</summary>\n<ul>\n',
                )
                for l_2_piece in environment.getattr(l_1_p, 'evidence'):
                    _loop_vars = {}
                    pass
                    t_17.extend((
                        '<li>',
                        escape(environment.finalize(context.eval_ctx, (environment.getattr(l_2_piece, 'label') or environment.getattr(l_2_piece, 'command')))),
                        '\n',
                    ))
                    if environment.getattr(l_2_piece, 'lines'):
                        pass
                        t_17.extend((
                            escape(environment.finalize(context.eval_ctx, t_3(t_4(environment.getattr(l_2_piece, 'lines'), '\n')))),
                            '\n',
                        ))
                    t_17.append(
                        '</li>\n',
                    )
                l_2_piece = missing
                t_17.append(
                    '</ul>\n</details>\n',
                )
            return concat(t_17)
        context.exported_vars.add('record')
        context.vars['record'] = l_0_record = Macro(environment, macro, 'record', ('p',), False, False, False, context.eval_ctx.autoescape)
        yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        yield from context.blocks['policy'][0](context)
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n<meta name="format-detection" content="telephone=no">\n<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n<title>'
        yield escape(environment.finalize(context.eval_ctx, environment.getattr((undefined(name='sheet') if l_0_sheet is missing else l_0_sheet), 'title')))
        yield '</title>\n<style>'
        yield escape(environment.finalize(context.eval_ctx, (undefined(name='style') if l_0_style is missing else l_0_style)))
        yield '</style>\n'
        yield from context.blocks['head'][0](context)
        yield '</head>\n<body'
        yield from context.blocks['body'][0](context)
        yield '>\n'
        yield from context.blocks['above'][0](context)
        yield '<main>\n<header>\n<h1>'
        yield escape(environment.finalize(context.eval_ctx, environment.getattr((undefined(name='sheet') if l_0_sheet is missing else l_0_sheet), 'title')))
        yield '</h1>\n'
        l_1_loop = missing
        for l_1_line, l_1_loop in LoopContext(environment.getattr((undefined(name='sheet') if l_0_sheet is missing else l_0_sheet), 'lines'), undefined):
            _loop_vars = {}
            pass
            yield '<p>'
            if (environment.getattr(l_1_loop, 'last') and t_7(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'session'))):
                pass
                yield '<time datetime="'
                yield escape(environment.finalize(context.eval_ctx, context.call(environment.getattr(environment.getattr(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'session'), 'as_of'), 'isoformat'), timespec='seconds', _loop_vars=_loop_vars)))
                yield '">'
                yield escape(environment.finalize(context.eval_ctx, l_1_line))
                yield '</time>'
            else:
                pass
                yield escape(environment.finalize(context.eval_ctx, l_1_line))
            yield '</p>\n'
        l_1_loop = l_1_line = missing
        yield '</header>\n'
        for l_1_part in environment.getattr((undefined(name='sheet') if l_0_sheet is missing else l_0_sheet), 'sections'):
            _loop_vars = {}
            pass
            yield escape(environment.finalize(context.eval_ctx, context.call((undefined(name='section') if l_0_section is missing else l_0_section), l_1_part, (undefined(name='p') if l_0_p is missing else l_0_p), _loop_vars=_loop_vars)))
        l_1_part = missing
        if t_7(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'tried')):
            pass
            yield escape(environment.finalize(context.eval_ctx, context.call((undefined(name='record') if l_0_record is missing else l_0_record), (undefined(name='p') if l_0_p is missing else l_0_p))))
        if (t_7(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'outline')) and environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'outline')):
            pass
            yield escape(environment.finalize(context.eval_ctx, context.call((undefined(name='outline') if l_0_outline is missing else l_0_outline), environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'outline'))))
        yield '</main>\n</body>\n</html>\n'

    def block_policy(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        l_0_style_hash = resolve('style_hash')
        l_0_style = resolve('style')
        pass
        yield '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \''
        yield escape(environment.finalize(context.eval_ctx, context.call((undefined(name='style_hash') if l_0_style_hash is missing else l_0_style_hash), (undefined(name='style') if l_0_style is missing else l_0_style), _block_vars=_block_vars)))
        yield '\'; base-uri \'none\'; form-action \'none\'">\n'

    def block_head(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        pass

    def block_body(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        pass

    def block_above(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        _block_vars = {}
        pass

    blocks = {'policy': block_policy, 'head': block_head, 'body': block_body, 'above': block_above}
    return root, blocks
