# Dialogues with a program's names: pieces of code run one after the other, and what comes of each.

import io

MOST = 1 << 16
# So much is told to who watches, of all cases together.
TOLD = [1 << 15]


def short(string, limit=MOST):
    return text(string, limit)


class Dialogue:
    """One case: its own variables, and everything that is printed caught."""

    def __init__(self, names, manner):
        self.names, self.manner = names, manner

    def piece(self, source, shown):
        """Runs one piece; what was printed, with the value as Python shows it, and the exception in which it ended."""
        caught, kept, hook = io.StringIO(), sys.stdout, sys.displayhook
        sys.stdout, sys.displayhook = caught, sys.__displayhook__
        error = None
        try:
            self.run(source, shown)
        except BaseException as raised_here:
            error = raised_here
        finally:
            sys.stdout, sys.displayhook = kept, hook
        printed = caught.getvalue()
        return printed if isinstance(printed, str) else "", error

    def run(self, source, shown):
        if self.manner == "client" and shown:
            try:
                code = compile(source, "<example>", "eval", dont_inherit=True)
            except SyntaxError:
                code = compile(source, "<example>", "exec", dont_inherit=True)
                exec(code, self.names)
                return
            value = eval(code, self.names)
            if value is not None:
                sys.stdout.write(repr(value) + "\n")
            return
        exec(compile(source + "\n", "<example>", "single" if shown else "exec", dont_inherit=True), self.names)


def ended(error):
    if error is None:
        return "null"
    kind = type(error)
    try:
        message = error.msg if isinstance(error, SyntaxError) else str(error)
    except BaseException:
        message = ""
    return '{"short":%s,"kind":%s,"message":%s}' % (short(kind.__name__, 200), short(type_name(kind), 200), short(message, 2000))


def tell(source, printed, error):
    """For who watches, as a terminal would show it."""
    lines = source.rstrip("\n").split("\n")
    shown = "\n".join((">>> " if number == 0 else "... ") + line for number, line in enumerate(lines)) + "\n" + printed[:MOST]
    if error is not None:
        shown = shown.rstrip("\n") + "\n" + type_name(type(error)) + "\n"
    octets = shown.encode("utf-8", "backslashreplace")[: TOLD[0]]
    TOLD[0] -= len(octets)
    write_all(1, octets)


def case(given, names, manner):
    dialogue = Dialogue(names, manner)
    for source in given["setup"]:
        _, error = dialogue.piece(source, False)
        if error is not None:
            tell(source, "", error)
            return '{"setup":%s}' % ended(error)
    came = []
    for source in given["examples"]:
        printed, error = dialogue.piece(source, True)
        tell(source, printed, error)
        came.append('{"out":%s,"raised":%s}' % (short(printed), ended(error)))
        if isinstance(error, (SystemExit, KeyboardInterrupt, GeneratorExit)):
            break
    for source in given["teardown"]:
        dialogue.piece(source, False)
    return '{"came":[%s]}' % ",".join(came)


def examples(request):
    new_main("examples")
    own = [name[:-3] for name in request["files"] if name.endswith(".py")]
    names = None
    if request["module"] is not None:
        name = request["module"]
        with open(name, "rb") as file:
            code = file.read()
        module = types.ModuleType(name.removesuffix(".py"))
        sys.modules[module.__name__] = module
        error = run(code, name, module.__dict__)
        if error is not None:
            show(error, {name: code.decode("utf-8", "replace")})
            answer(request, '{"unloaded":%s}' % ended(error))
            return 1
        names = module.__dict__
    cases = []
    for given in request["cases"]:
        if names is None:
            # Each case begins with the program as it is in its files.
            for name in own:
                sys.modules.pop(name, None)
            cases.append(case(given, {"__name__": "__main__"}, request["manner"]))
        else:
            cases.append(case(given, dict(names), request["manner"]))
    answer(request, '{"cases":[%s]}' % ",".join(cases))
    return 0


status = 70
try:
    status = examples(read_request())
finally:
    # Nothing of the program's runs after the answer.
    _exit(status)
