# An exercise: set-up, the learner's code, the author's check, and then the values of some names.

from os import O_WRONLY, dup, dup2, open as open_descriptor

OUTPUT = 1


def quietly(code, name, namespace):
    """Runs code of the author; what it prints is no part of what the learner printed."""
    kept, nowhere = dup(OUTPUT), open_descriptor("/dev/null", O_WRONLY)
    dup2(nowhere, OUTPUT)
    try:
        return run(code, name, namespace)
    finally:
        dup2(kept, OUTPUT)


def check(code, namespace):
    """The author's check, in the learner's namespace: any exception means no."""
    error = quietly(code, "check.py", namespace)
    if error is None:
        return '{"passed":true,"message":"","line":0}'
    message = str(error)
    if not (isinstance(error, AssertionError) and message):
        message = type_name(type(error)) + (": " + message if message else "")
    return '{"passed":false,"message":%s,"line":%d}' % (text(message), line_of(error, "check.py"))


def values(names, namespace):
    pairs = [quote(name) + ":" + (encode(namespace[name]) if name in namespace else "null") for name in names]
    return "{" + ",".join(pairs) + "}"


def exercise(request):
    namespace = new_main("exercise.py")
    sources = {"exercise.py": request["code"]}
    for number, code in enumerate(request["initial"], 1):
        name = "initial-%d.py" % number
        sources[name] = code
        error = quietly(code, name, namespace)
        if error is not None:
            show(error, sources)
            answer(request, '{"initial":%s}' % raised(error, name))
            return 1
    error = run(request["code"], "exercise.py", namespace)
    if error is not None:
        show(error, sources)
    # Before the author's check, which may change them.
    found = values(request["vars"], namespace)
    checked = "null" if request["code_run"] is None else check(request["code_run"], namespace)
    end = raised(error, "exercise.py")
    answer(request, '{"raised":%s,"code_run":%s,"values":%s}' % (end, checked, found))
    return 0 if error is None else 1


status = 70
try:
    status = exercise(read_request())
finally:
    # Nothing of the learner's runs after the answer: no exit handlers, no finalisers, no threads.
    _exit(status)
