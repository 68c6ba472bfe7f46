"""templates/formats/progress.j2, compiled by `python -m rflow.formats.compiling`.

SHA-256 of the template: 9728e0cb0c1e37c19935beba2b9270ee1c572086a83fbfaa8a20c5738419d3ab
"""

from rflow.formats.runtime import Macro, Undefined, missing


def template(environment):
    def root(context, missing=missing, environment=environment):
        resolve = context.resolve_or_missing
        undefined = environment.undefined
        concat = environment.concat
        cond_expr_undefined = Undefined
        if 0: yield None
        l_0_f = resolve('f')
        l_0_title = resolve('title')
        l_0_p = resolve('p')
        l_0_groups = resolve('groups')
        pass
        yield environment.show(environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'title')((undefined(name='title') if l_0_title is missing else l_0_title)(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'session'), ), [environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'header')], ))
        for l_1_group in (undefined(name='groups') if l_0_groups is missing else l_0_groups)((undefined(name='p') if l_0_p is missing else l_0_p), ):
            l_1_heading = resolve('heading')
            l_1_detail = resolve('detail')
            _loop_vars = {}
            pass
            def macro():
                t_1 = []
                pass
                for l_3_section in l_1_group:
                    l_3_numbered = resolve('numbered')
                    l_3_runs = resolve('runs')
                    _loop_vars = {}
                    pass
                    if environment.getattr(l_3_section, 'single'):
                        pass
                        t_1.append(
                            environment.show(environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'fact')(environment.getattr(l_3_section, 'label'), (undefined(name='numbered') if l_3_numbered is missing else l_3_numbered)(environment.getitem(environment.getattr(l_3_section, 'entries'), 0), ), environment.getattr(l_3_section, 'detail'), environment.getattr(environment.getitem(environment.getattr(l_3_section, 'entries'), 0), 'command'), )),
                        )
                    else:
                        pass
                        for (l_4_entry, l_4_gap) in (undefined(name='runs') if l_3_runs is missing else l_3_runs)(environment.getattr(l_3_section, 'entries'), ):
                            l_4_lines = resolve('lines')
                            _loop_vars = {}
                            pass
                            if environment.getattr(l_4_entry, 'number'):
                                pass
                                t_1.append(
                                    environment.show(environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'step')(environment.getattr(l_4_entry, 'number'), (undefined(name='lines') if l_4_lines is missing else l_4_lines)(l_4_entry, ), l_4_gap, environment.getattr(environment.getitem(environment.getattr(l_3_section, 'entries'), -1), 'number'), )),
                                )
                            else:
                                pass
                                t_1.append(
                                    environment.show(environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'item')((undefined(name='lines') if l_4_lines is missing else l_4_lines)(l_4_entry, ), **{'command': environment.getattr(l_4_entry, 'command'), }, )),
                                )
                        l_4_entry = l_4_gap = l_4_lines = missing
                l_3_section = l_3_numbered = l_3_runs = missing
                return concat(t_1)
            caller = Macro(environment, macro, None, (), False, False, False, context.eval_ctx.autoescape)
            yield environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'part')((undefined(name='heading') if l_1_heading is missing else l_1_heading)(l_1_group, ), (undefined(name='detail') if l_1_detail is missing else l_1_detail)(l_1_group, ), caller=caller)
        l_1_group = l_1_heading = l_1_detail = missing
        def macro():
            t_2 = []
            l_1_footer = resolve('footer')
            pass
            for l_2_section in (undefined(name='footer') if l_1_footer is missing else l_1_footer)((undefined(name='p') if l_0_p is missing else l_0_p), ):
                l_2_lines = resolve('lines')
                _loop_vars = {}
                pass
                t_2.append(
                    environment.show(environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'fact')(environment.getattr(l_2_section, 'label'), (undefined(name='lines') if l_2_lines is missing else l_2_lines)(environment.getitem(environment.getattr(l_2_section, 'entries'), 0), ), )),
                )
            l_2_section = l_2_lines = missing
            t_2.extend((
                environment.show(environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'link')('Link', environment.getattr(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'resume'), 'link'), environment.getattr(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'resume'), 'link_expires'), )),
                environment.show(environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'command')(environment.getattr(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'resume'), 'label'), environment.getattr(environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'resume'), 'command'), )),
            ))
            return concat(t_2)
        caller = Macro(environment, macro, None, (), False, False, False, context.eval_ctx.autoescape)
        yield environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'part')(caller=caller)

    blocks = {}
    return root, blocks
