# Wants memory that can't be swapped out.
# class: ok
# stdout:
from attempt import attempt, libc
attempt('mlockall', lambda: libc.mlockall(3))
buffer = bytearray(1 << 20)
import ctypes
attempt('mlock', lambda: libc.mlock((ctypes.c_char * (1 << 20)).from_buffer(buffer), 1 << 20))
