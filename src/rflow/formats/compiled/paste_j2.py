"""templates/formats/paste.j2, compiled by `python -m rflow.formats.compiling`.

SHA-256 of the template: 4a85b90b88c63420d35a8b2b63b30029008fc77e50dbe217b3244c8916e106db
"""

from rflow.formats.runtime import LoopContext, Macro, Namespace, Undefined, missing


def template(environment):
    def root(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        l_0_sheet = resolve('sheet')
        l_0_typed = l_0_items = l_0_steps = l_0_typed_steps = missing
        t_1 = environment.filters['block']
        t_2 = environment.filters['code']
        t_3 = environment.filters['fence']
        t_4 = environment.filters['length']
        t_5 = environment.filters['link']
        t_6 = environment.filters['stamp']
        pass
        def macro(l_1_entries, l_1_depth):
            t_7 = []
            if l_1_entries is missing:
                l_1_entries = undefined("parameter 'entries' was not provided", name='entries')
            if l_1_depth is missing:
                l_1_depth = 0
            pass
            for l_2_item in l_1_entries:
                l_2_range = resolve('range')
                _loop_vars = {}
                pass
                if l_1_depth:
                    pass
                    t_7.append(
                        '<br>',
                    )
                else:
                    pass
                    t_7.append(
                        '<p>',
                    )
                for l_3__ in (undefined(name='range') if l_2_range is missing else l_2_range)((4 * l_1_depth), ):
                    _loop_vars = {}
                    pass
                    t_7.append(
                        '&nbsp;',
                    )
                l_3__ = missing
                t_7.extend((
                    '• ',
                    environment.show(t_1(environment.getattr(l_2_item, 'text'), ((4 * l_1_depth) + 2), environment.getattr(l_2_item, 'command'))),
                    environment.show((undefined(name='typed') if l_0_typed is missing else l_0_typed)(environment.getitem(l_2_item, 'items'), (l_1_depth + 1), )),
                ))
                if (not l_1_depth):
                    pass
                    t_7.append(
                        '</p>\n',
                    )
                    if environment.getattr(l_2_item, 'output'):
                        pass
                        t_7.extend((
                            environment.show(t_3(environment.getattr(l_2_item, 'output'))),
                            '\n',
                        ))
            l_2_item = l_2_range = missing
            return concat(t_7)
        context.exported_vars.add('typed')
        context.vars['typed'] = l_0_typed = Macro(environment, macro, 'typed', ('entries', 'depth'), False, False, False, context.eval_ctx.autoescape)
        def macro(l_1_entries):
            t_8 = []
            l_1_namespace = resolve('namespace')
            l_1_list = missing
            if l_1_entries is missing:
                l_1_entries = undefined("parameter 'entries' was not provided", name='entries')
            pass
            l_1_list = (undefined(name='namespace') if l_1_namespace is missing else l_1_namespace)(**{'open': False, }, )
            for l_2_item in l_1_entries:
                _loop_vars = {}
                pass
                if (not environment.getattr((undefined(name='list') if l_1_list is missing else l_1_list), 'open')):
                    pass
                    t_8.append(
                        '<ul>\n',
                    )
                t_8.extend((
                    '<li>',
                    environment.show(t_1(environment.getattr(l_2_item, 'text'), command=environment.getattr(l_2_item, 'command'))),
                ))
                if environment.getitem(l_2_item, 'items'):
                    pass
                    t_8.append(
                        environment.show((undefined(name='items') if l_0_items is missing else l_0_items)(environment.getitem(l_2_item, 'items'), )),
                    )
                t_8.append(
                    '</li>\n',
                )
                if not isinstance(l_1_list, Namespace):
                    raise TemplateRuntimeError("cannot assign attribute on non-namespace object")
                l_1_list['open'] = (not environment.getattr(l_2_item, 'output'))
                if environment.getattr(l_2_item, 'output'):
                    pass
                    t_8.extend((
                        '</ul>\n',
                        environment.show(t_3(environment.getattr(l_2_item, 'output'))),
                        '\n',
                    ))
            l_2_item = missing
            if environment.getattr((undefined(name='list') if l_1_list is missing else l_1_list), 'open'):
                pass
                t_8.append(
                    '</ul>\n',
                )
            return concat(t_8)
        context.exported_vars.add('items')
        context.vars['items'] = l_0_items = Macro(environment, macro, 'items', ('entries',), False, False, False, context.eval_ctx.autoescape)
        def macro(l_1_entries):
            t_9 = []
            if l_1_entries is missing:
                l_1_entries = undefined("parameter 'entries' was not provided", name='entries')
            pass
            l_2_loop = missing
            for l_2_step, l_2_loop in LoopContext(l_1_entries, undefined):
                _loop_vars = {}
                pass
                if (environment.getattr(l_2_loop, 'first') or (environment.getattr(l_2_step, 'number') != (environment.getattr(environment.getattr(l_2_loop, 'previtem'), 'number') + 1))):
                    pass
                    t_9.append(
                        '<ol',
                    )
                    if (environment.getattr(l_2_step, 'number') != 1):
                        pass
                        t_9.extend((
                            ' start="',
                            environment.show(environment.getattr(l_2_step, 'number')),
                            '"',
                        ))
                    t_9.append(
                        '>\n',
                    )
                t_9.extend((
                    '<li>',
                    environment.show(t_1(environment.getattr(l_2_step, 'text'))),
                    '</li>\n',
                ))
                if (environment.getattr(l_2_loop, 'last') or (environment.getattr(environment.getattr(l_2_loop, 'nextitem'), 'number') != (environment.getattr(l_2_step, 'number') + 1))):
                    pass
                    t_9.append(
                        '</ol>\n',
                    )
            l_2_loop = l_2_step = missing
            return concat(t_9)
        context.exported_vars.add('steps')
        context.vars['steps'] = l_0_steps = Macro(environment, macro, 'steps', ('entries',), False, False, False, context.eval_ctx.autoescape)
        def macro(l_1_entries):
            t_10 = []
            if l_1_entries is missing:
                l_1_entries = undefined("parameter 'entries' was not provided", name='entries')
            pass
            for l_2_step in l_1_entries:
                _loop_vars = {}
                pass
                t_10.extend((
                    '<p>',
                    environment.show(environment.getattr(l_2_step, 'number')),
                    '. ',
                    environment.show(t_1(environment.getattr(l_2_step, 'text'), 3)),
                    '</p>\n',
                ))
            l_2_step = missing
            return concat(t_10)
        context.exported_vars.add('typed_steps')
        context.vars['typed_steps'] = l_0_typed_steps = Macro(environment, macro, 'typed_steps', ('entries',), False, False, False, context.eval_ctx.autoescape)
        yield '<p><strong>'
        yield environment.show(environment.getattr((undefined(name='sheet') if l_0_sheet is missing else l_0_sheet), 'title'))
        yield '</strong>'
        for l_1_line in environment.getattr((undefined(name='sheet') if l_0_sheet is missing else l_0_sheet), 'lines'):
            _loop_vars = {}
            pass
            yield '<br>'
            yield environment.show(l_1_line)
        l_1_line = missing
        yield '</p>\n'
        for l_1_section in environment.getattr((undefined(name='sheet') if l_0_sheet is missing else l_0_sheet), 'sections'):
            l_1_real_lists = resolve('real_lists')
            _loop_vars = {}
            pass
            if (not (undefined(name='real_lists') if l_1_real_lists is missing else l_1_real_lists)):
                pass
                yield '<p><br></p>\n'
            if environment.getattr(l_1_section, 'heading'):
                pass
                yield '<p><strong>'
                yield environment.show(environment.getattr(l_1_section, 'heading'))
                yield '</strong></p>\n'
            for l_2_part in environment.getattr(l_1_section, 'blocks'):
                l_2_kind = resolve('kind')
                l_2_several_lines = resolve('several_lines')
                l_2_counts = resolve('counts')
                _loop_vars = {}
                pass
                if ((undefined(name='kind') if l_2_kind is missing else l_2_kind)(l_2_part, ) == 'fact'):
                    pass
                    yield '<p><strong>'
                    yield environment.show(environment.getattr(l_2_part, 'label'))
                    yield ':</strong> '
                    yield environment.show(t_1(environment.getattr(l_2_part, 'text'), command=environment.getattr(l_2_part, 'command')))
                    yield '</p>\n'
                elif ((undefined(name='kind') if l_2_kind is missing else l_2_kind)(l_2_part, ) == 'command'):
                    pass
                    yield '<p><strong>'
                    yield environment.show(environment.getattr(l_2_part, 'label'))
                    yield ':</strong> '
                    yield environment.show(t_2(environment.getattr(l_2_part, 'text')))
                    yield '</p>\n'
                elif ((undefined(name='kind') if l_2_kind is missing else l_2_kind)(l_2_part, ) == 'link'):
                    pass
                    yield '<p><strong>'
                    yield environment.show(environment.getattr(l_2_part, 'label'))
                    yield ':</strong> '
                    yield environment.show(t_5(environment.getattr(l_2_part, 'url')))
                    if environment.getattr(l_2_part, 'until'):
                        pass
                        yield ' (until '
                        yield environment.show(t_6(environment.getattr(l_2_part, 'until')))
                        yield ')'
                    yield '</p>\n'
                elif ((undefined(name='kind') if l_2_kind is missing else l_2_kind)(l_2_part, ) == 'items'):
                    pass
                    yield environment.show(((undefined(name='items') if l_0_items is missing else l_0_items)(environment.getitem(l_2_part, 'items'), ) if ((undefined(name='real_lists') if l_1_real_lists is missing else l_1_real_lists) or (not (undefined(name='several_lines') if l_2_several_lines is missing else l_2_several_lines)(environment.getitem(l_2_part, 'items'), ))) else (undefined(name='typed') if l_0_typed is missing else l_0_typed)(environment.getitem(l_2_part, 'items'), )))
                elif ((undefined(name='kind') if l_2_kind is missing else l_2_kind)(l_2_part, ) == 'steps'):
                    pass
                    l_2_counts = ((environment.getattr(environment.getitem(environment.getattr(l_2_part, 'steps'), -1), 'number') == t_4(environment.getattr(l_2_part, 'steps'))) and (not (undefined(name='several_lines') if l_2_several_lines is missing else l_2_several_lines)(environment.getattr(l_2_part, 'steps'), )))
                    _loop_vars['counts'] = l_2_counts
                    yield environment.show(((undefined(name='steps') if l_0_steps is missing else l_0_steps)(environment.getattr(l_2_part, 'steps'), ) if ((undefined(name='real_lists') if l_1_real_lists is missing else l_1_real_lists) or (undefined(name='counts') if l_2_counts is missing else l_2_counts)) else (undefined(name='typed_steps') if l_0_typed_steps is missing else l_0_typed_steps)(environment.getattr(l_2_part, 'steps'), )))
                elif ((undefined(name='kind') if l_2_kind is missing else l_2_kind)(l_2_part, ) == 'entry'):
                    pass
                    yield '<p><strong>'
                    yield environment.show(environment.getattr(l_2_part, 'title'))
                    yield '</strong>'
                    for l_3_line in environment.getattr(l_2_part, 'lines'):
                        _loop_vars = {}
                        pass
                        yield '<br>'
                        yield environment.show(t_1(l_3_line, 4))
                    l_3_line = missing
                    yield '</p>\n'
                else:
                    pass
                    yield '<p>'
                    yield environment.show(t_1(environment.getattr(l_2_part, 'text')))
                    yield '</p>\n'
            l_2_part = l_2_kind = l_2_several_lines = l_2_counts = missing
        l_1_section = l_1_real_lists = missing

    blocks = {}
    return root, blocks
