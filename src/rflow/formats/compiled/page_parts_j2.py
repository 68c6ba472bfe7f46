"""templates/formats/page_parts.j2, compiled by `python -m rflow.formats.compiling`.

SHA-256 of the template: 9bc570675433c167122149b92b3f8b55f66b015223fdbedd26755f7fe6740709
"""

from rflow.formats.runtime import LoopContext, Macro, Markup, Undefined, identity, missing


def template(environment):
    def root(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        l_0_icon = l_0_time = l_0_pill = l_0_chip = l_0_by = l_0_command = l_0_entry = l_0_entries = l_0_label = l_0_callout = l_0_facts = l_0_fold = l_0_output = l_0_step = l_0_tried = l_0_steps = l_0_MARKS = l_0_outline = l_0_icons = missing
        t_1 = environment.filters['block']
        t_2 = environment.filters['clock']
        t_3 = environment.filters['code']
        t_4 = environment.filters['count']
        t_5 = environment.filters['duration']
        t_6 = environment.filters['ended']
        t_7 = environment.filters['fence']
        t_8 = environment.filters['join']
        t_9 = environment.filters['length']
        t_10 = environment.filters['size']
        t_11 = environment.tests['none']
        pass
        def macro(l_1_name):
            t_12 = []
            if l_1_name is missing:
                l_1_name = undefined("parameter 'name' was not provided", name='name')
            pass
            t_12.extend((
                '<svg class="i" aria-hidden="true"><use href="#i-',
                environment.show(l_1_name),
                '"></use></svg>',
            ))
            return concat(t_12)
        context.exported_vars.add('icon')
        context.vars['icon'] = l_0_icon = Macro(environment, macro, 'icon', ('name',), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_at, l_1_as, l_1_as_of):
            t_13 = []
            l_1_moment = resolve('moment')
            l_1_full = resolve('full')
            if l_1_at is missing:
                l_1_at = undefined("parameter 'at' was not provided", name='at')
            if l_1_as is missing:
                l_1_as = 'full'
            if l_1_as_of is missing:
                l_1_as_of = None
            pass
            t_13.extend((
                '<time datetime="',
                environment.show(environment.getattr(l_1_at, 'isoformat')(**{'timespec': 'seconds', }, )),
                '" data-as="',
                environment.show(l_1_as),
                '">',
            ))
            if (l_1_as == 'clock'):
                pass
                t_13.append(
                    environment.show(t_2(l_1_at)),
                )
            elif (l_1_as in ('moment', 'since')):
                pass
                t_13.append(
                    environment.show((undefined(name='moment') if l_1_moment is missing else l_1_moment)(l_1_at, l_1_as_of, )),
                )
            else:
                pass
                t_13.append(
                    environment.show((undefined(name='full') if l_1_full is missing else l_1_full)(l_1_at, )),
                )
            t_13.append(
                '</time>',
            )
            return concat(t_13)
        context.exported_vars.add('time')
        context.vars['time'] = l_0_time = Macro(environment, macro, 'time', ('at', 'as', 'as_of'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_part, l_1_as_of):
            t_14 = []
            l_1_text = l_1_class = missing
            if l_1_part is missing:
                l_1_part = undefined("parameter 'part' was not provided", name='part')
            if l_1_as_of is missing:
                l_1_as_of = None
            pass
            t_15 = []
            pass
            if (environment.getattr(l_1_part, 'icon') == 'dot'):
                pass
            elif environment.getattr(l_1_part, 'icon'):
                pass
                t_15.append(
                    environment.show((undefined(name='icon') if l_0_icon is missing else l_0_icon)(environment.getattr(l_1_part, 'icon'), )),
                )
            t_15.extend((
                '<span>',
                environment.show(environment.getattr(l_1_part, 'text')),
            ))
            if environment.getattr(l_1_part, 'at'):
                pass
                t_15.extend((
                    ' ',
                    environment.show((undefined(name='time') if l_0_time is missing else l_0_time)(environment.getattr(l_1_part, 'at'), 'moment', l_1_as_of, )),
                ))
            t_15.append(
                '</span>',
            )
            l_1_text = (Markup if context.eval_ctx.autoescape else identity)(concat(t_15))
            t_16 = []
            pass
            t_16.append(
                'pill',
            )
            if environment.getattr(l_1_part, 'tone'):
                pass
                t_16.extend((
                    ' ',
                    environment.show(environment.getattr(l_1_part, 'tone')),
                ))
            if (environment.getattr(l_1_part, 'icon') == 'dot'):
                pass
                t_16.append(
                    ' dot',
                )
            l_1_class = (Markup if context.eval_ctx.autoescape else identity)(concat(t_16))
            if environment.getattr(l_1_part, 'href'):
                pass
                t_14.extend((
                    '<a class="',
                    environment.show((undefined(name='class') if l_1_class is missing else l_1_class)),
                    '" href="',
                    environment.show(environment.getattr(l_1_part, 'href')),
                    '">',
                    environment.show((undefined(name='text') if l_1_text is missing else l_1_text)),
                    '</a>',
                ))
            else:
                pass
                t_14.extend((
                    '<span class="',
                    environment.show((undefined(name='class') if l_1_class is missing else l_1_class)),
                    '">',
                    environment.show((undefined(name='text') if l_1_text is missing else l_1_text)),
                    '</span>',
                ))
            return concat(t_14)
        context.exported_vars.add('pill')
        context.vars['pill'] = l_0_pill = Macro(environment, macro, 'pill', ('part', 'as_of'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_text, l_1_tone):
            t_17 = []
            if l_1_text is missing:
                l_1_text = undefined("parameter 'text' was not provided", name='text')
            if l_1_tone is missing:
                l_1_tone = 'hold'
            pass
            t_17.extend((
                '<span class="chip ',
                environment.show(l_1_tone),
                '">',
                environment.show(l_1_text),
                '</span>',
            ))
            return concat(t_17)
        context.exported_vars.add('chip')
        context.vars['chip'] = l_0_chip = Macro(environment, macro, 'chip', ('text', 'tone'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_line, l_1_as_of):
            t_18 = []
            if l_1_line is missing:
                l_1_line = undefined("parameter 'line' was not provided", name='line')
            if l_1_as_of is missing:
                l_1_as_of = undefined("parameter 'as_of' was not provided", name='as_of')
            pass
            if ((environment.getattr(l_1_line, 'by') or environment.getattr(l_1_line, 'at')) or environment.getattr(l_1_line, 'step')):
                pass
                t_18.append(
                    '<p class="by">',
                )
                if environment.getattr(l_1_line, 'by'):
                    pass
                    t_18.append(
                        environment.show(environment.getattr(l_1_line, 'by')),
                    )
                    if environment.getattr(l_1_line, 'at'):
                        pass
                        t_18.append(
                            ', ',
                        )
                if environment.getattr(l_1_line, 'at'):
                    pass
                    t_18.append(
                        environment.show((undefined(name='time') if l_0_time is missing else l_0_time)(environment.getattr(l_1_line, 'at'), 'moment', l_1_as_of, )),
                    )
                if environment.getattr(l_1_line, 'until'):
                    pass
                    t_18.extend((
                        ' to ',
                        environment.show((undefined(name='time') if l_0_time is missing else l_0_time)(environment.getattr(l_1_line, 'until'), 'moment', l_1_as_of, )),
                    ))
                if environment.getattr(l_1_line, 'step'):
                    pass
                    if (environment.getattr(l_1_line, 'by') or environment.getattr(l_1_line, 'at')):
                        pass
                        t_18.append(
                            ', ',
                        )
                    t_18.extend((
                        '<a href="#step-',
                        environment.show(environment.getattr(l_1_line, 'step')),
                        '">step ',
                        environment.show(environment.getattr(l_1_line, 'step')),
                        '</a>',
                    ))
                t_18.append(
                    '</p>\n',
                )
            return concat(t_18)
        context.exported_vars.add('by')
        context.vars['by'] = l_0_by = Macro(environment, macro, 'by', ('line', 'as_of'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_text):
            t_19 = []
            if l_1_text is missing:
                l_1_text = undefined("parameter 'text' was not provided", name='text')
            pass
            if ('\n' in l_1_text):
                pass
                t_19.append(
                    environment.show(t_7(l_1_text)),
                )
            else:
                pass
                t_19.extend((
                    '<p class="command">',
                    environment.show(t_3(l_1_text)),
                    '</p>',
                ))
            t_19.append(
                '\n',
            )
            return concat(t_19)
        context.exported_vars.add('command')
        context.vars['command'] = l_0_command = Macro(environment, macro, 'command', ('text',), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_line, l_1_as_of, l_1_class):
            t_20 = []
            if l_1_line is missing:
                l_1_line = undefined("parameter 'line' was not provided", name='line')
            if l_1_as_of is missing:
                l_1_as_of = undefined("parameter 'as_of' was not provided", name='as_of')
            if l_1_class is missing:
                l_1_class = ''
            pass
            t_20.append(
                '<p',
            )
            if l_1_class:
                pass
                t_20.extend((
                    ' class="',
                    environment.show(l_1_class),
                    '"',
                ))
            t_20.extend((
                '>',
                environment.show(t_1(environment.getattr(l_1_line, 'text'))),
            ))
            if environment.getattr(l_1_line, 'result'):
                pass
                t_20.extend((
                    ' – <b>',
                    environment.show(t_1(environment.getattr(l_1_line, 'result'))),
                    '</b>',
                ))
            if environment.getattr(l_1_line, 'due'):
                pass
                t_20.extend((
                    ' <span class="chip ',
                    environment.show(('bad' if (environment.getattr(l_1_line, 'chip') == 'overdue since') else 'hold')),
                    '">',
                    environment.show(environment.getattr(l_1_line, 'chip')),
                    ' ',
                    environment.show((undefined(name='time') if l_0_time is missing else l_0_time)(environment.getattr(l_1_line, 'due'), 'moment', l_1_as_of, )),
                    '</span>',
                ))
            elif environment.getattr(l_1_line, 'chip'):
                pass
                t_20.extend((
                    ' ',
                    environment.show((undefined(name='chip') if l_0_chip is missing else l_0_chip)(environment.getattr(l_1_line, 'chip'), ('plain' if (environment.getattr(l_1_line, 'chip') == 'end of the tree') else 'hold'), )),
                ))
            t_20.append(
                '</p>\n',
            )
            if environment.getattr(l_1_line, 'note'):
                pass
                t_20.extend((
                    '<p class="note">',
                    environment.show(t_1(environment.getattr(l_1_line, 'note'))),
                    '</p>\n',
                ))
            if environment.getattr(l_1_line, 'command'):
                pass
                t_20.append(
                    environment.show((undefined(name='command') if l_0_command is missing else l_0_command)(environment.getattr(l_1_line, 'command'), )),
                )
            t_20.append(
                environment.show((undefined(name='by') if l_0_by is missing else l_0_by)(l_1_line, l_1_as_of, )),
            )
            return concat(t_20)
        context.exported_vars.add('entry')
        context.vars['entry'] = l_0_entry = Macro(environment, macro, 'entry', ('line', 'as_of', 'class'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_lines, l_1_as_of, l_1_class):
            t_21 = []
            if l_1_lines is missing:
                l_1_lines = undefined("parameter 'lines' was not provided", name='lines')
            if l_1_as_of is missing:
                l_1_as_of = undefined("parameter 'as_of' was not provided", name='as_of')
            if l_1_class is missing:
                l_1_class = ''
            pass
            t_21.append(
                '<ul',
            )
            if l_1_class:
                pass
                t_21.extend((
                    ' class="',
                    environment.show(l_1_class),
                    '"',
                ))
            t_21.append(
                '>\n',
            )
            for l_2_line in l_1_lines:
                _loop_vars = {}
                pass
                t_21.extend((
                    '<li>\n',
                    environment.show((undefined(name='entry') if l_0_entry is missing else l_0_entry)(l_2_line, l_1_as_of, )),
                    '</li>\n',
                ))
            l_2_line = missing
            t_21.append(
                '</ul>\n',
            )
            return concat(t_21)
        context.exported_vars.add('entries')
        context.vars['entries'] = l_0_entries = Macro(environment, macro, 'entries', ('lines', 'as_of', 'class'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_part, l_1_as_of):
            t_22 = []
            if l_1_part is missing:
                l_1_part = undefined("parameter 'part' was not provided", name='part')
            if l_1_as_of is missing:
                l_1_as_of = undefined("parameter 'as_of' was not provided", name='as_of')
            pass
            t_22.append(
                environment.show(environment.getattr(l_1_part, 'label')),
            )
            if environment.getattr(l_1_part, 'detail'):
                pass
                t_22.extend((
                    ' <small>',
                    environment.show(environment.getattr(l_1_part, 'detail')),
                ))
                if environment.getattr(l_1_part, 'until'):
                    pass
                    t_22.extend((
                        ' ',
                        environment.show((undefined(name='time') if l_0_time is missing else l_0_time)(environment.getattr(l_1_part, 'until'), 'moment', l_1_as_of, )),
                    ))
                t_22.append(
                    '</small>',
                )
            return concat(t_22)
        context.exported_vars.add('label')
        context.vars['label'] = l_0_label = Macro(environment, macro, 'label', ('part', 'as_of'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_part, l_1_as_of):
            t_23 = []
            if l_1_part is missing:
                l_1_part = undefined("parameter 'part' was not provided", name='part')
            if l_1_as_of is missing:
                l_1_as_of = undefined("parameter 'as_of' was not provided", name='as_of')
            pass
            t_23.extend((
                '<section class="box ',
                environment.show(environment.getattr(l_1_part, 'tone')),
                '" id="',
                environment.show(environment.getattr(l_1_part, 'key')),
                '">\n<h2>',
                environment.show((undefined(name='icon') if l_0_icon is missing else l_0_icon)(environment.getattr(l_1_part, 'icon'), )),
                environment.show((undefined(name='label') if l_0_label is missing else l_0_label)(l_1_part, l_1_as_of, )),
                '</h2>\n',
            ))
            if (t_9(environment.getattr(l_1_part, 'lines')) > 1):
                pass
                t_23.append(
                    environment.show((undefined(name='entries') if l_0_entries is missing else l_0_entries)(environment.getattr(l_1_part, 'lines'), l_1_as_of, 'lines', )),
                )
            else:
                pass
                t_23.append(
                    environment.show((undefined(name='entry') if l_0_entry is missing else l_0_entry)(environment.getitem(environment.getattr(l_1_part, 'lines'), 0), l_1_as_of, ('say' if (environment.getattr(l_1_part, 'key') == 'ask') else ''), )),
                )
            t_23.append(
                '</section>\n',
            )
            return concat(t_23)
        context.exported_vars.add('callout')
        context.vars['callout'] = l_0_callout = Macro(environment, macro, 'callout', ('part', 'as_of'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_parts, l_1_as_of):
            t_24 = []
            if l_1_parts is missing:
                l_1_parts = undefined("parameter 'parts' was not provided", name='parts')
            if l_1_as_of is missing:
                l_1_as_of = undefined("parameter 'as_of' was not provided", name='as_of')
            pass
            if l_1_parts:
                pass
                t_24.append(
                    '<div class="facts">\n',
                )
                for l_2_part in l_1_parts:
                    _loop_vars = {}
                    pass
                    t_24.extend((
                        '<section>\n<h2>',
                        environment.show((undefined(name='label') if l_0_label is missing else l_0_label)(l_2_part, l_1_as_of, )),
                        '</h2>\n',
                    ))
                    if ((environment.getattr(l_2_part, 'key') in ('at', 'last_note')) and (t_9(environment.getattr(l_2_part, 'lines')) == 1)):
                        pass
                        t_24.extend((
                            '<div>\n',
                            environment.show((undefined(name='entry') if l_0_entry is missing else l_0_entry)(environment.getitem(environment.getattr(l_2_part, 'lines'), 0), l_1_as_of, 'strong', )),
                            '</div>\n',
                        ))
                    else:
                        pass
                        t_24.append(
                            environment.show((undefined(name='entries') if l_0_entries is missing else l_0_entries)(environment.getattr(l_2_part, 'lines'), l_1_as_of, ('guess' if (environment.getattr(l_2_part, 'key') == 'assumed') else ''), )),
                        )
                    t_24.append(
                        '</section>\n',
                    )
                l_2_part = missing
                t_24.append(
                    '</div>\n',
                )
            return concat(t_24)
        context.exported_vars.add('facts')
        context.vars['facts'] = l_0_facts = Macro(environment, macro, 'facts', ('parts', 'as_of'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_key, l_1_title, l_1_hint, l_1_class, l_1_caller):
            t_25 = []
            if l_1_key is missing:
                l_1_key = undefined("parameter 'key' was not provided", name='key')
            if l_1_title is missing:
                l_1_title = undefined("parameter 'title' was not provided", name='title')
            if l_1_hint is missing:
                l_1_hint = ''
            if l_1_class is missing:
                l_1_class = ''
            pass
            t_25.extend((
                '<details class="fold" id="fold-',
                environment.show(l_1_key),
                '">\n<summary>',
                environment.show(l_1_title),
            ))
            if l_1_hint:
                pass
                t_25.append(
                    ' <small',
                )
                if l_1_class:
                    pass
                    t_25.extend((
                        ' class="',
                        environment.show(l_1_class),
                        '"',
                    ))
                t_25.extend((
                    '>',
                    environment.show(l_1_hint),
                    '</small>',
                ))
            t_25.extend((
                '</summary>\n',
                environment.show(l_1_caller()),
                '</details>\n',
            ))
            return concat(t_25)
        context.exported_vars.add('fold')
        context.vars['fold'] = l_0_fold = Macro(environment, macro, 'fold', ('key', 'title', 'hint', 'class'), False, False, True, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_piece, l_1_as_of, l_1_whole):
            t_26 = []
            l_1_output_lines = resolve('output_lines')
            l_1_same_day = missing
            if l_1_piece is missing:
                l_1_piece = undefined("parameter 'piece' was not provided", name='piece')
            if l_1_as_of is missing:
                l_1_as_of = undefined("parameter 'as_of' was not provided", name='as_of')
            if l_1_whole is missing:
                l_1_whole = ''
            pass
            l_1_same_day = (environment.getattr(l_1_piece, 'at') and (environment.getattr(environment.getattr(l_1_piece, 'at'), 'date')() == environment.getattr(l_1_as_of, 'date')()))
            t_26.append(
                '<figure class="ev">\n<figcaption>\n',
            )
            if (environment.getattr(l_1_piece, 'kind') == 'command'):
                pass
                t_26.append(
                    environment.show(t_3((environment.getattr(l_1_piece, 'label') or environment.getattr(l_1_piece, 'command')))),
                )
            else:
                pass
                t_26.extend((
                    '<span>',
                    environment.show((environment.getattr(l_1_piece, 'label') or environment.getattr(l_1_piece, 'command'))),
                    '</span>',
                ))
            t_26.append(
                '\n',
            )
            if (not t_11(environment.getattr(l_1_piece, 'exit_code'))):
                pass
                t_26.extend((
                    environment.show(((undefined(name='chip') if l_0_chip is missing else l_0_chip)('ok, exit 0', 'ok', ) if (environment.getattr(l_1_piece, 'exit_code') == 0) else (undefined(name='chip') if l_0_chip is missing else l_0_chip)((environment.joined(('failed, exit ', environment.getattr(l_1_piece, 'exit_code'), )) if (environment.getattr(l_1_piece, 'exit_code') > 0) else t_6(environment.getattr(l_1_piece, 'exit_code'))), 'bad', ))),
                    '\n',
                ))
            if environment.getattr(l_1_piece, 'amended'):
                pass
                t_26.extend((
                    environment.show((undefined(name='chip') if l_0_chip is missing else l_0_chip)('corrected', )),
                    '\n',
                ))
            t_26.append(
                '<span class="by">',
            )
            if environment.getattr(l_1_piece, 'left_out'):
                pass
                t_26.extend((
                    'last ',
                    environment.show(t_9(environment.getattr(l_1_piece, 'lines'))),
                    ' of ',
                    environment.show(t_4((t_9(environment.getattr(l_1_piece, 'lines')) + environment.getattr(l_1_piece, 'left_out')), 'line')),
                    ', ',
                ))
            if environment.getattr(l_1_piece, 'host'):
                pass
                t_26.extend((
                    'on ',
                    environment.show(environment.getattr(l_1_piece, 'host')),
                    ', ',
                ))
            if (environment.getattr(l_1_piece, 'duration') and (environment.getattr(l_1_piece, 'duration') >= 1)):
                pass
                t_26.extend((
                    environment.show(t_5(environment.getattr(l_1_piece, 'duration'))),
                    ', ',
                ))
            if environment.getattr(l_1_piece, 'at'):
                pass
                t_26.append(
                    environment.show((undefined(name='time') if l_0_time is missing else l_0_time)(environment.getattr(l_1_piece, 'at'), ('clock' if (undefined(name='same_day') if l_1_same_day is missing else l_1_same_day) else 'moment'), l_1_as_of, )),
                )
            else:
                pass
                t_26.append(
                    environment.show(environment.getattr(l_1_piece, 'by')),
                )
            if (l_1_whole and environment.getattr(l_1_piece, 'bytes_total')):
                pass
                t_26.extend((
                    ', <a href="',
                    environment.show(l_1_whole),
                    environment.show(environment.getattr(l_1_piece, 'seq')),
                    '">download</a>',
                ))
            t_26.append(
                '</span>\n</figcaption>\n',
            )
            if environment.getattr(l_1_piece, 'lines'):
                pass
                t_26.extend((
                    environment.show(t_7(t_8((undefined(name='output_lines') if l_1_output_lines is missing else l_1_output_lines)(l_1_piece, ), '\n'))),
                    '\n',
                ))
            else:
                pass
                t_26.append(
                    '<p class="by">',
                )
                if environment.getattr(l_1_piece, 'bytes_total'):
                    pass
                    t_26.extend((
                        environment.show(t_10(environment.getattr(l_1_piece, 'bytes_total'))),
                        ', not text',
                    ))
                else:
                    pass
                    t_26.append(
                        'No output',
                    )
                t_26.append(
                    '</p>\n',
                )
            t_26.append(
                '</figure>\n',
            )
            return concat(t_26)
        context.exported_vars.add('output')
        context.vars['output'] = l_0_output = Macro(environment, macro, 'output', ('piece', 'as_of', 'whole'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_row, l_1_as_of, l_1_more, l_1_whole):
            t_27 = []
            l_1_step = l_0_step
            l_1_day = resolve('day')
            if l_1_row is missing:
                l_1_row = undefined("parameter 'row' was not provided", name='row')
            if l_1_as_of is missing:
                l_1_as_of = undefined("parameter 'as_of' was not provided", name='as_of')
            if l_1_more is missing:
                l_1_more = None
            if l_1_whole is missing:
                l_1_whole = ''
            pass
            l_1_step = environment.getattr(l_1_row, 'step')
            t_27.extend((
                '<li id="step-',
                environment.show(environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'number')),
                '"',
            ))
            if environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'undone'):
                pass
                t_27.append(
                    ' class="gone"',
                )
            elif environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'pinned'):
                pass
                t_27.append(
                    ' class="pinned"',
                )
            t_27.extend((
                '>\n<p class="n">',
                environment.show(environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'number')),
            ))
            if (environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'pinned') and (not environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'undone'))):
                pass
                t_27.extend((
                    ' ',
                    environment.show((undefined(name='icon') if l_0_icon is missing else l_0_icon)('pin', )),
                    '<span class="vh"> key fact</span>',
                ))
            t_27.append(
                '</p>\n<p class="did">',
            )
            if (environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'kind') == 'tree'):
                pass
                t_27.append(
                    'Went on in another tree: ',
                )
            t_27.extend((
                environment.show(t_1(environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'text'))),
                '</p>\n<p class="by">',
            ))
            if environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'at'):
                pass
                if environment.getattr(l_1_row, 'day'):
                    pass
                    t_27.extend((
                        '<span class="day">',
                        environment.show((undefined(name='day') if l_1_day is missing else l_1_day)(environment.getattr(l_1_row, 'day'), )),
                        '</span> ',
                    ))
                t_27.append(
                    environment.show((undefined(name='time') if l_0_time is missing else l_0_time)(environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'at'), 'clock', )),
                )
            if environment.getattr(l_1_row, 'by'):
                pass
                t_27.extend((
                    '<span>',
                    environment.show(environment.getattr(l_1_row, 'by')),
                    '</span>',
                ))
            t_27.append(
                '</p>\n',
            )
            if environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'result'):
                pass
                t_27.extend((
                    '<p class="got">',
                    environment.show(t_1(environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'result'))),
                    '</p>\n',
                ))
            if (((environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'undone') or environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'skipped')) or environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'assumed')) or environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'amended')):
                pass
                t_27.append(
                    '<p class="fix">',
                )
                if environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'undone'):
                    pass
                    t_27.extend((
                        environment.show((undefined(name='chip') if l_0_chip is missing else l_0_chip)('taken back', )),
                        ' ',
                    ))
                if environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'skipped'):
                    pass
                    t_27.extend((
                        environment.show((undefined(name='chip') if l_0_chip is missing else l_0_chip)('skipped', )),
                        ' ',
                    ))
                if environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'assumed'):
                    pass
                    t_27.extend((
                        environment.show((undefined(name='chip') if l_0_chip is missing else l_0_chip)('assumed', )),
                        ' ',
                    ))
                if environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'amended'):
                    pass
                    t_27.extend((
                        environment.show((undefined(name='chip') if l_0_chip is missing else l_0_chip)('corrected', )),
                        ' ',
                    ))
                t_27.append(
                    environment.show(t_1(environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'reason'))),
                )
                if environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'settled'):
                    pass
                    if environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'reason'):
                        pass
                        t_27.append(
                            '. ',
                        )
                    t_27.extend((
                        'Settled: ',
                        environment.show(t_1(environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'settled'))),
                    ))
                t_27.append(
                    '</p>\n',
                )
            for l_2_piece in environment.getattr(l_1_row, 'outputs'):
                _loop_vars = {}
                pass
                t_27.append(
                    environment.show((undefined(name='output') if l_0_output is missing else l_0_output)(l_2_piece, (environment.getattr((undefined(name='step') if l_1_step is missing else l_1_step), 'at') or l_1_as_of), l_1_whole, )),
                )
            l_2_piece = missing
            if l_1_more:
                pass
                t_27.append(
                    environment.show(l_1_more((undefined(name='step') if l_1_step is missing else l_1_step), )),
                )
            t_27.append(
                '</li>\n',
            )
            return concat(t_27)
        context.exported_vars.add('step')
        context.vars['step'] = l_0_step = Macro(environment, macro, 'step', ('row', 'as_of', 'more', 'whole'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_p):
            t_28 = []
            if l_1_p is missing:
                l_1_p = undefined("parameter 'p' was not provided", name='p')
            pass
            t_28.extend((
                '<h2 class="title">Tried <small>',
                environment.show(t_4((t_9(environment.getattr(l_1_p, 'tried')) + environment.getattr(l_1_p, 'earlier')), 'step')),
            ))
            if environment.getattr(l_1_p, 'earlier'):
                pass
                t_28.extend((
                    ', ',
                    environment.show(t_4(environment.getattr(l_1_p, 'earlier'), 'earlier one')),
                    ' not shown',
                ))
            t_28.append(
                '</small></h2>\n',
            )
            return concat(t_28)
        context.exported_vars.add('tried')
        context.vars['tried'] = l_0_tried = Macro(environment, macro, 'tried', ('p',), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_p, l_1_more, l_1_whole):
            t_29 = []
            l_1_runs = resolve('runs')
            if l_1_p is missing:
                l_1_p = undefined("parameter 'p' was not provided", name='p')
            if l_1_more is missing:
                l_1_more = None
            if l_1_whole is missing:
                l_1_whole = ''
            pass
            for l_2_run in (undefined(name='runs') if l_1_runs is missing else l_1_runs)(l_1_p, ):
                l_2_list = missing
                _loop_vars = {}
                pass
                t_30 = []
                pass
                t_30.append(
                    '<ol class="steps">\n',
                )
                for l_4_row in environment.getattr(l_2_run, 'rows'):
                    _loop_vars = {}
                    pass
                    t_30.append(
                        environment.show((undefined(name='step') if l_0_step is missing else l_0_step)(l_4_row, environment.getattr(environment.getattr(l_1_p, 'session'), 'as_of'), l_1_more, l_1_whole, )),
                    )
                l_4_row = missing
                t_30.append(
                    '</ol>\n',
                )
                l_2_list = (Markup if context.eval_ctx.autoescape else identity)(concat(t_30))
                _loop_vars['list'] = l_2_list
                if environment.getattr(l_2_run, 'folded'):
                    pass
                    def macro():
                        t_31 = []
                        pass
                        t_31.append(
                            environment.show((undefined(name='list') if l_2_list is missing else l_2_list)),
                        )
                        return concat(t_31)
                    caller = Macro(environment, macro, None, (), False, False, False, context.eval_ctx.autoescape)
                    t_29.append((undefined(name='fold') if l_0_fold is missing else l_0_fold)(environment.joined(('steps-', environment.getattr(environment.getattr(environment.getitem(environment.getattr(l_2_run, 'rows'), 0), 'step'), 'number'), )), environment.joined(('Steps ', environment.getattr(environment.getattr(environment.getitem(environment.getattr(l_2_run, 'rows'), 0), 'step'), 'number'), (' and ' if (t_9(environment.getattr(l_2_run, 'rows')) == 2) else ' to '), environment.getattr(environment.getattr(environment.getitem(environment.getattr(l_2_run, 'rows'), -1), 'step'), 'number'), )), t_8(environment.getattr(l_2_run, 'hints'), ' · '), 'hint', caller=caller))
                else:
                    pass
                    t_29.append(
                        environment.show((undefined(name='list') if l_2_list is missing else l_2_list)),
                    )
            l_2_run = l_2_list = missing
            return concat(t_29)
        context.exported_vars.add('steps')
        context.vars['steps'] = l_0_steps = Macro(environment, macro, 'steps', ('p', 'more', 'whole'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        l_0_MARKS = {'here': ('▶', 'you are here', 'here'), 'taken': ('✓', 'taken', 'taken'), 'assumed': ('?', 'assumed, not verified', 'taken'), 'ruled out': ('✗', 'ruled out', 'out'), 'unconfirmed': ('✗?', 'ruled out only by an assumed answer', 'out')}
        context.vars['MARKS'] = l_0_MARKS
        context.exported_vars.add('MARKS')
        def macro(l_1_entries):
            t_32 = []
            l_1_branches = resolve('branches')
            if l_1_entries is missing:
                l_1_entries = undefined("parameter 'entries' was not provided", name='entries')
            pass
            t_32.append(
                '<p class="by"><b>✓</b> taken <b>?</b> assumed <b>▶</b> you are here <b>✗</b> ruled out <b>…</b> more not shown</p>\n<ul class="tree">\n',
            )
            def loop(reciter, loop_render_func, depth=0):
                t_33 = []
                l_2_loop = missing
                for l_2_branch, l_2_loop in LoopContext(reciter, undefined, loop_render_func, depth):
                    l_2_entry = l_0_entry
                    l_2_sign = l_2_words = l_2_class = missing
                    _loop_vars = {}
                    pass
                    l_2_entry = environment.getattr(l_2_branch, 'entry')
                    _loop_vars['entry'] = l_2_entry
                    (l_2_sign, l_2_words, l_2_class) = environment.getattr((undefined(name='MARKS') if l_0_MARKS is missing else l_0_MARKS), 'get')(environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'mark'), ('', '', ''), )
                    _loop_vars.update({'class': l_2_class, 'sign': l_2_sign, 'words': l_2_words})
                    t_33.append(
                        '<li',
                    )
                    if (undefined(name='sign') if l_2_sign is missing else l_2_sign):
                        pass
                        t_33.extend((
                            ' class="',
                            environment.show((undefined(name='class') if l_2_class is missing else l_2_class)),
                            '"',
                        ))
                    t_33.append(
                        '>',
                    )
                    if (undefined(name='sign') if l_2_sign is missing else l_2_sign):
                        pass
                        t_33.extend((
                            '<b>',
                            environment.show((undefined(name='sign') if l_2_sign is missing else l_2_sign)),
                            '</b><i> ',
                            environment.show((undefined(name='words') if l_2_words is missing else l_2_words)),
                            ': </i>',
                        ))
                    if environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'label'):
                        pass
                        t_33.extend((
                            '<span>',
                            environment.show(environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'label')),
                            ':</span> ',
                        ))
                    t_33.append(
                        environment.show(environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'text')),
                    )
                    if environment.getattr(l_2_branch, 'see'):
                        pass
                        t_33.extend((
                            ' (see ',
                            environment.show(environment.getattr(l_2_branch, 'see')),
                            ')',
                        ))
                    elif environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'cut'):
                        pass
                        t_33.append(
                            ' …',
                        )
                    elif (environment.getattr((undefined(name='entry') if l_2_entry is missing else l_2_entry), 'kind') == 'end'):
                        pass
                        t_33.append(
                            ' (end)',
                        )
                    t_33.append(
                        '\n',
                    )
                    if environment.getattr(l_2_branch, 'branches'):
                        pass
                        t_33.extend((
                            '<ul>\n',
                            environment.show(l_2_loop(environment.getattr(l_2_branch, 'branches'), )),
                            '</ul>\n',
                        ))
                    t_33.append(
                        '</li>\n',
                    )
                return Markup(concat(t_33))
            t_32.append(loop((undefined(name='branches') if l_1_branches is missing else l_1_branches)(l_1_entries, ), loop))
            t_32.append(
                '</ul>\n',
            )
            return concat(t_32)
        context.exported_vars.add('outline')
        context.vars['outline'] = l_0_outline = Macro(environment, macro, 'outline', ('entries',), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro():
            t_34 = []
            pass
            t_34.append(
                '<svg class="vh" aria-hidden="true">\n',
            )
            for (l_2_name, l_2_path) in [('flag', 'M3 14V2.5h9l-2 3 2 3H3'), ('warning', 'M8 2 14.6 13.5H1.4zM8 6.6v3M8 11.6v.1'), ('change', 'M1.5 5H9m4.5 0h1M1.5 11h1M7 11h7.5M9 5a2.2 2.2 0 1 0 4.4 0A2.2 2.2 0 1 0 9 5M2.6 11a2.2 2.2 0 1 0 4.4 0 2.2 2.2 0 1 0-4.4 0'), ('clock', 'M8 4.6V8l2.4 1.6M1.8 8a6.2 6.2 0 1 0 12.4 0A6.2 6.2 0 1 0 1.8 8'), ('tick', 'm3 8.5 3.2 3.2L13 5'), ('pin', 'm9.6 1.8 4.6 4.6-2.7.7-3 3.9-3.5-3.5 3.9-3zM6.7 9.3 2 14'), ('logo', 'M4 5.2v5.6M4 10c0-3.4 6-1 6.4-2.6M2.2 3.4a1.8 1.8 0 1 0 3.6 0 1.8 1.8 0 1 0-3.6 0M2.2 12.6a1.8 1.8 0 1 0 3.6 0 1.8 1.8 0 1 0-3.6 0M10.2 6.4a1.8 1.8 0 1 0 3.6 0 1.8 1.8 0 1 0-3.6 0')]:
                _loop_vars = {}
                pass
                t_34.extend((
                    '<symbol id="i-',
                    environment.show(l_2_name),
                    '" viewBox="0 0 16 16"><path d="',
                    environment.show(l_2_path),
                    '"/></symbol>\n',
                ))
            l_2_name = l_2_path = missing
            t_34.append(
                '</svg>\n',
            )
            return concat(t_34)
        context.exported_vars.add('icons')
        context.vars['icons'] = l_0_icons = Macro(environment, macro, 'icons', (), False, False, False, context.eval_ctx.autoescape)

    blocks = {}
    return root, blocks
