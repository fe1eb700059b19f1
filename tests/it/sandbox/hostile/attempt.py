"""What hostile programs have in common: to try what must not work, and to tell if it did."""
import ctypes
import sys

MARK = sys.argv[1]
_kernel = ctypes.CDLL(None, use_errno=True)


class _Calls:
    """The C library, whose -1 is an error here."""

    def __getattr__(self, name):
        def call(*arguments):
            result = getattr(_kernel, name)(*arguments)
            if result == -1:
                raise OSError(ctypes.get_errno(), name)
            return result

        return call


libc = _Calls()


def attempt(what, act):
    try:
        act()
    except (OSError, ValueError):
        return
    print('worked:', what, flush=True)
