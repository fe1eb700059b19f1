# Calls itself something that is hard to read, and spins.
# class: cpu_time_limit
# limits: cpu=100
import ctypes
ctypes.CDLL(None).prctl(15, b') R 1 (\xff\n', 0, 0, 0)
while True:
    pass
