"""templates/formats/digest.j2, compiled by `python -m rflow.formats.compiling`.

SHA-256 of the template: ef37b28dacd8109ec9432addbe7ce17f104ad5a2aa00211c6f2ae5f92682f585
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
        l_0_digest_title = resolve('digest_title')
        l_0_p = resolve('p')
        pass
        yield environment.show(environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'title')((undefined(name='digest_title') if l_0_digest_title is missing else l_0_digest_title)((undefined(name='p') if l_0_p is missing else l_0_p), ), [], ))
        for l_1_session in environment.getattr((undefined(name='p') if l_0_p is missing else l_0_p), 'sessions'):
            _loop_vars = {}
            pass
            def macro():
                t_1 = []
                l_2_title = resolve('title')
                l_2_entry = resolve('entry')
                pass
                t_1.append(
                    environment.show(environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'entry')((undefined(name='title') if l_2_title is missing else l_2_title)(l_1_session, ), (undefined(name='entry') if l_2_entry is missing else l_2_entry)(l_1_session, (undefined(name='p') if l_0_p is missing else l_0_p), ), )),
                )
                return concat(t_1)
            caller = Macro(environment, macro, None, (), False, False, False, context.eval_ctx.autoescape)
            yield environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'part')(caller=caller)
        l_1_session = missing
        def macro():
            t_2 = []
            l_1_more_sessions = resolve('more_sessions')
            l_1_hidden = resolve('hidden')
            pass
            t_2.extend((
                environment.show(environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'fact')('Not shown', (undefined(name='more_sessions') if l_1_more_sessions is missing else l_1_more_sessions)((undefined(name='p') if l_0_p is missing else l_0_p), ), )),
                environment.show(environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'fact')('Redacted', (undefined(name='hidden') if l_1_hidden is missing else l_1_hidden)((undefined(name='p') if l_0_p is missing else l_0_p), ), )),
            ))
            return concat(t_2)
        caller = Macro(environment, macro, None, (), False, False, False, context.eval_ctx.autoescape)
        yield environment.getattr((undefined(name='f') if l_0_f is missing else l_0_f), 'part')(caller=caller)

    blocks = {}
    return root, blocks
