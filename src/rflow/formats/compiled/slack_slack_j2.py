"""templates/formats/slack.slack.j2, compiled by `python -m rflow.formats.compiling`.

SHA-256 of the template: 7d16d8e3eb679a15efd304a01bcfbb6a92e4ec3e268a5ec568279ee2490074e6
"""

from rflow.formats.runtime import Macro, Undefined, missing


def template(environment):
    def root(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        l_0_title = l_0_part = l_0_fact = l_0_command = l_0_link = l_0_line = l_0_item = l_0_step = l_0_output = l_0_entry = missing
        t_1 = environment.filters['block']
        t_2 = environment.filters['code']
        t_3 = environment.filters['fence']
        t_4 = environment.filters['link']
        t_5 = environment.filters['stamp']
        pass
        def macro(l_1_text, l_1_lines):
            t_6 = []
            if l_1_text is missing:
                l_1_text = undefined("parameter 'text' was not provided", name='text')
            if l_1_lines is missing:
                l_1_lines = undefined("parameter 'lines' was not provided", name='lines')
            pass
            t_6.extend((
                '*',
                environment.show(l_1_text),
                '*\n',
            ))
            for l_2_line in l_1_lines:
                _loop_vars = {}
                pass
                t_6.extend((
                    environment.show(l_2_line),
                    '\n',
                ))
            l_2_line = missing
            return concat(t_6)
        context.exported_vars.add('title')
        context.vars['title'] = l_0_title = Macro(environment, macro, 'title', ('text', 'lines'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_heading, l_1_detail, l_1_caller):
            t_7 = []
            l_1_body = missing
            if l_1_heading is missing:
                l_1_heading = ''
            if l_1_detail is missing:
                l_1_detail = ''
            pass
            l_1_body = l_1_caller()
            if (undefined(name='body') if l_1_body is missing else l_1_body):
                pass
                t_7.append(
                    '\n',
                )
                if l_1_heading:
                    pass
                    t_7.extend((
                        '*',
                        environment.show(l_1_heading),
                    ))
                    if l_1_detail:
                        pass
                        t_7.extend((
                            ' ',
                            environment.show(l_1_detail),
                        ))
                    t_7.append(
                        '*\n',
                    )
                t_7.append(
                    environment.show((undefined(name='body') if l_1_body is missing else l_1_body)),
                )
            return concat(t_7)
        context.exported_vars.add('part')
        context.vars['part'] = l_0_part = Macro(environment, macro, 'part', ('heading', 'detail'), False, False, True, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_label, l_1_text, l_1_detail, l_1_command):
            t_8 = []
            if l_1_label is missing:
                l_1_label = undefined("parameter 'label' was not provided", name='label')
            if l_1_text is missing:
                l_1_text = undefined("parameter 'text' was not provided", name='text')
            if l_1_detail is missing:
                l_1_detail = ''
            if l_1_command is missing:
                l_1_command = ''
            pass
            if l_1_text:
                pass
                t_8.extend((
                    '*',
                    environment.show(l_1_label),
                ))
                if l_1_detail:
                    pass
                    t_8.extend((
                        ' ',
                        environment.show(l_1_detail),
                    ))
                t_8.extend((
                    ':* ',
                    environment.show(t_1(l_1_text, 2, command=l_1_command)),
                    '\n',
                ))
            return concat(t_8)
        context.exported_vars.add('fact')
        context.vars['fact'] = l_0_fact = Macro(environment, macro, 'fact', ('label', 'text', 'detail', 'command'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_label, l_1_text):
            t_9 = []
            if l_1_label is missing:
                l_1_label = undefined("parameter 'label' was not provided", name='label')
            if l_1_text is missing:
                l_1_text = undefined("parameter 'text' was not provided", name='text')
            pass
            t_9.extend((
                '*',
                environment.show(l_1_label),
                ':* ',
                environment.show(t_2(l_1_text)),
                '\n',
            ))
            return concat(t_9)
        context.exported_vars.add('command')
        context.vars['command'] = l_0_command = Macro(environment, macro, 'command', ('label', 'text'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_label, l_1_url, l_1_until):
            t_10 = []
            if l_1_label is missing:
                l_1_label = undefined("parameter 'label' was not provided", name='label')
            if l_1_url is missing:
                l_1_url = undefined("parameter 'url' was not provided", name='url')
            if l_1_until is missing:
                l_1_until = None
            pass
            if l_1_url:
                pass
                t_10.extend((
                    '*',
                    environment.show(l_1_label),
                    ':* ',
                    environment.show(t_4(l_1_url)),
                ))
                if l_1_until:
                    pass
                    t_10.extend((
                        ' (until ',
                        environment.show(t_5(l_1_until)),
                        ')',
                    ))
                t_10.append(
                    '\n',
                )
            return concat(t_10)
        context.exported_vars.add('link')
        context.vars['link'] = l_0_link = Macro(environment, macro, 'link', ('label', 'url', 'until'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_text):
            t_11 = []
            if l_1_text is missing:
                l_1_text = undefined("parameter 'text' was not provided", name='text')
            pass
            t_11.extend((
                environment.show(l_1_text),
                '\n',
            ))
            return concat(t_11)
        context.exported_vars.add('line')
        context.vars['line'] = l_0_line = Macro(environment, macro, 'line', ('text',), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_text, l_1_depth, l_1_command):
            t_12 = []
            l_1_range = resolve('range')
            if l_1_text is missing:
                l_1_text = undefined("parameter 'text' was not provided", name='text')
            if l_1_depth is missing:
                l_1_depth = 1
            if l_1_command is missing:
                l_1_command = ''
            pass
            for l_2__ in (undefined(name='range') if l_1_range is missing else l_1_range)((l_1_depth - 1), ):
                _loop_vars = {}
                pass
                t_12.append(
                    '    ',
                )
            l_2__ = missing
            t_12.extend((
                '• ',
                environment.show(t_1(l_1_text, ((4 * l_1_depth) - 2), command=l_1_command)),
                '\n',
            ))
            return concat(t_12)
        context.exported_vars.add('item')
        context.vars['item'] = l_0_item = Macro(environment, macro, 'item', ('text', 'depth', 'command'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_number, l_1_text, l_1_gap, l_1_last):
            t_13 = []
            if l_1_number is missing:
                l_1_number = undefined("parameter 'number' was not provided", name='number')
            if l_1_text is missing:
                l_1_text = undefined("parameter 'text' was not provided", name='text')
            if l_1_gap is missing:
                l_1_gap = undefined("parameter 'gap' was not provided", name='gap')
            if l_1_last is missing:
                l_1_last = undefined("parameter 'last' was not provided", name='last')
            pass
            t_13.extend((
                environment.show(l_1_number),
                '. ',
                environment.show(t_1(l_1_text, 3)),
                '\n',
            ))
            return concat(t_13)
        context.exported_vars.add('step')
        context.vars['step'] = l_0_step = Macro(environment, macro, 'step', ('number', 'text', 'gap', 'last'), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_text):
            t_14 = []
            if l_1_text is missing:
                l_1_text = undefined("parameter 'text' was not provided", name='text')
            pass
            if l_1_text:
                pass
                t_14.extend((
                    environment.show(t_3(l_1_text)),
                    '\n',
                ))
            return concat(t_14)
        context.exported_vars.add('output')
        context.vars['output'] = l_0_output = Macro(environment, macro, 'output', ('text',), False, False, False, context.eval_ctx.autoescape)
        yield '\n'
        def macro(l_1_title, l_1_lines):
            t_15 = []
            if l_1_title is missing:
                l_1_title = undefined("parameter 'title' was not provided", name='title')
            if l_1_lines is missing:
                l_1_lines = undefined("parameter 'lines' was not provided", name='lines')
            pass
            t_15.extend((
                '• *',
                environment.show(l_1_title),
                '*\n',
            ))
            for l_2_line in l_1_lines:
                _loop_vars = {}
                pass
                t_15.extend((
                    '  ',
                    environment.show(t_1(l_2_line, 4)),
                    '\n',
                ))
            l_2_line = missing
            return concat(t_15)
        context.exported_vars.add('entry')
        context.vars['entry'] = l_0_entry = Macro(environment, macro, 'entry', ('title', 'lines'), False, False, False, context.eval_ctx.autoescape)

    blocks = {}
    return root, blocks
