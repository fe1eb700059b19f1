# Running a program's text as if it were a script, and saying how it ended.


def new_main(name):
    """A fresh `__main__` for the program; this script's own names stay out of its sight."""
    module = types.ModuleType("__main__")
    # Else exec would hand on our copy, and a program that replaces a built-in would do so for us.
    module.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = module
    sys.argv = [name]
    sys.path.insert(0, getcwd())
    return module.__dict__


def run(code, name, namespace):
    """Runs the text; gives the exception in which it ended, or None. Leaving by exit(0) is a normal end."""
    try:
        exec(compile(code, name, "exec", dont_inherit=True), namespace)
    except SystemExit as error:
        return None if error.code in (None, 0) else error
    except BaseException as error:
        return error
    return None


def raised(error, name):
    """Type, message and line of an exception in JSON."""
    if error is None:
        return "null"
    try:
        message = error.msg if isinstance(error, SyntaxError) else str(error)
    except BaseException:
        message = ""
    kind = text(type_name(type(error)), 200)
    return '{"kind":%s,"message":%s,"line":%d}' % (kind, text(message), line_of(error, name))


def line_of(error, name):
    """The last line of that file that an exception came through; 0 if none."""
    line = error.lineno or 0 if isinstance(error, SyntaxError) and error.filename == name else 0
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == name:
            line = step.tb_lineno
        step = step.tb_next
    return line


def show(error, sources):
    """Prints the traceback as Python would, without the frames of this script."""
    try:
        import linecache
        import traceback

        step = error.__traceback__
        while step is not None and step.tb_frame.f_globals is globals():
            step = step.tb_next
        for name, code in sources.items():
            linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        lines = traceback.format_exception(type(error), error, step)
        write_all(ERRORS, "".join(lines).encode("utf-8", "backslashreplace"))
    except BaseException:
        # The program may have broken what this needs; the answer still says how it ended.
        pass
