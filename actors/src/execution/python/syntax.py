# Whether pieces of Python parse, and what Python warns of while it reads them. Nothing of them is run.

import warnings


def fault(index, line, message, warns):
    return '{"piece":%d,"line":%d,"message":%s,"warns":%s}' % (index, line or 0, text(message), "true" if warns else "false")


def syntax(request):
    faults = []
    for index, code in enumerate(request["pieces"]):
        try:
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always", SyntaxWarning)
                compile(code, "piece", "exec", dont_inherit=True)
            faults += [fault(index, one.lineno, str(one.message), True) for one in told if one.category is SyntaxWarning]
        except SyntaxError as error:
            faults.append(fault(index, error.lineno, error.msg, False))
        except (ValueError, RecursionError, MemoryError) as error:
            faults.append(fault(index, 0, str(error), False))
    answer(request, "[" + ",".join(faults) + "]")
    return 0


status = 70
try:
    status = syntax(read_request())
finally:
    _exit(status)
