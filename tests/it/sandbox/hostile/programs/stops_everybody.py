# Stops all that it can reach, and waits.
# class: wall_time_limit
# limits: wall=300
import os, signal, sys, time
for _ in range(3):
    if os.fork() == 0:
        time.sleep(int(sys.argv[1]))
os.kill(-1, signal.SIGSTOP)
os.kill(1, signal.SIGSTOP)
time.sleep(int(sys.argv[1]))
