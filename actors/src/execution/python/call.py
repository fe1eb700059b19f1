# One call of one function of a program: the arguments come in the request, the answer is what it returned.


def call(request):
    name = request["main"]
    new_main(name)
    with open(name, "rb") as file:
        code = file.read()
    sources = {name: code.decode("utf-8", "replace")}
    module = types.ModuleType(name.rsplit("/", 1)[-1].removesuffix(".py"))
    sys.modules[module.__name__] = module
    error = run(code, name, module.__dict__)
    if error is not None:
        return failed(request, error, name, sources)
    function = getattr(module, request["function"], None)
    if not callable(function):
        answer(request, '{"missing":true}')
        return 0
    try:
        value = function(*request["arguments"])
    except BaseException as error:
        return failed(request, error, name, sources)
    answer(request, '{"value":%s}' % encode(value))
    return 0


def failed(request, error, name, sources):
    show(error, sources)
    answer(request, '{"raised":%s}' % raised(error, name))
    return 1


status = 70
try:
    status = call(read_request())
finally:
    # Nothing of the program's runs after the answer.
    _exit(status)
