# Test cases of the module unittest. Their modules come in the request and lie in no file; how they went is told in one answer.
#
# They run in the process of the program that they test, as unit tests do. What they expect can be found there by a program that
# looks for it, and one that replaces enough of Python can make them pass.

import importlib.abc
import importlib.machinery
import traceback
import unittest

LENGTH = 4000


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Modules that are texts."""

    def __init__(self, codes):
        self.codes = codes

    def find_spec(self, name, path, target=None):
        if name not in self.codes:
            return None
        return importlib.machinery.ModuleSpec(name, self, origin=name + ".py")

    def exec_module(self, module):
        exec(self.codes[module.__name__], module.__dict__)


class Results(unittest.TestResult):
    """Notes how each case went."""

    def __init__(self, prefix):
        super().__init__()
        self.prefix, self.noted = prefix, {}

    def note(self, test, passed, message="", detail=""):
        name = test.id().split(" ")[0]
        if self.prefix and name.startswith(self.prefix):
            name = name[len(self.prefix):]
        known = self.noted.get(name)
        if known is None or known[0]:
            self.noted[name] = (passed, message, detail)

    def fault(self, test, error):
        self.note(test, False, *told(error[1]))

    def addSuccess(self, test):
        self.note(test, True)

    def addError(self, test, err):
        self.fault(test, err)

    def addFailure(self, test, err):
        self.fault(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.fault(test, err)

    def addSkip(self, test, reason):
        self.note(test, False, "Skipped: " + str(reason))

    def addExpectedFailure(self, test, err):
        self.note(test, True)

    def addUnexpectedSuccess(self, test):
        self.note(test, False, "It passes, and should not")


def told(error):
    """An exception in a line, and with the frames that are of interest to who wrote the tests."""
    frames = [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if "__unittest" not in frame.f_globals
        and frame.f_globals is not globals()
        and not frame.f_code.co_filename.startswith("<frozen ")
    ]
    only = traceback.format_exception_only(type(error), error)
    stack = traceback.StackSummary.extract(iter(frames)).format()
    whole = "".join(["Traceback (most recent call last):\n"] * bool(stack) + stack + only)
    return only[-1].strip(), whole[-LENGTH:]


def whose(error, files):
    """Whether what went wrong while modules were loaded is the program's: it happened in one of its files, or is about one."""
    modules = [name[:-3] for name in files if name.endswith(".py")]
    if isinstance(error, ImportError) and error.name in modules:
        return True
    if isinstance(error, SyntaxError) and str(error.filename).rsplit("/", 1)[-1] in files:
        return True
    step, last = error.__traceback__, ""
    while step is not None:
        last = step.tb_frame.f_code.co_filename
        step = step.tb_next
    return last.rsplit("/", 1)[-1] in files


def suite(request):
    new_main("suite")
    codes = {}
    for name, source in request["modules"]:
        try:
            codes[name] = compile(source, name + ".py", "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            answer(request, '{"broken":%s}' % text(name + ".py: " + str(error)))
            return 1
    sys.meta_path.insert(0, Finder(codes))
    loader, tests = unittest.TestLoader(), unittest.TestSuite()
    for name in codes:
        try:
            module = __import__(name)
        except BaseException as error:
            message, whole = told(error)
            write_all(ERRORS, whole.encode("utf-8", "backslashreplace"))
            by_program = "true" if whose(error, request["files"]) else "false"
            pieces = (by_program, text(message), text(whole, LENGTH))
            answer(request, '{"unloaded":{"by_program":%s,"message":%s,"detail":%s}}' % pieces)
            return 1
        tests.addTests(loader.loadTestsFromModule(module))
    results = Results(next(iter(codes)) + "." if len(codes) == 1 else "")
    tests.run(results)
    pieces = []
    for name, (passed, message, detail) in results.noted.items():
        passed = "true" if passed is True else "false"
        pieces.append('{"name":%s,"passed":%s,"message":%s,"detail":%s}' % (text(name, 400), passed, text(message), text(detail, LENGTH)))
    answer(request, '{"cases":[%s]}' % ",".join(pieces))
    return 0


status = 70
try:
    status = suite(read_request())
finally:
    # Nothing of the program's runs after the answer.
    _exit(status)
