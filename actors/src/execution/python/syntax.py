# Whether pieces of Python parse. Nothing of them is run.


def syntax(request):
    faults = []
    for index, code in enumerate(request["pieces"]):
        try:
            compile(code, "piece", "exec", dont_inherit=True)
        except SyntaxError as error:
            faults.append('{"piece":%d,"line":%d,"message":%s}' % (index, error.lineno or 0, text(error.msg)))
        except (ValueError, RecursionError, MemoryError) as error:
            faults.append('{"piece":%d,"line":0,"message":%s}' % (index, text(error)))
    answer(request, "[" + ",".join(faults) + "]")
    return 0


status = 70
try:
    status = syntax(read_request())
finally:
    _exit(status)
