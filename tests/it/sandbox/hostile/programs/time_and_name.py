# The clock and the name of the machine.
# class: ok
# stdout:
import ctypes, socket, time
from attempt import attempt, libc
attempt('clock_settime', lambda: time.clock_settime(time.CLOCK_REALTIME, 0))
attempt('settimeofday', lambda: libc.settimeofday(ctypes.create_string_buffer(16), None))
attempt('adjtimex', lambda: libc.adjtimex(ctypes.create_string_buffer(b'\x01', 208)))
attempt('sethostname', lambda: socket.sethostname('x'))
attempt('setdomainname', lambda: libc.setdomainname(b'x', 1))
