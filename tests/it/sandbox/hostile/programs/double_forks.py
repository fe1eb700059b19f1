# Daemons of daemons, each in a session of its own.
# class: cpu_time_limit|wall_time_limit|process_limit
# limits: cpu=200 wall=1500 processes=20
import os, sys, time
while True:
    try:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(0.01)
            os._exit(0)
    except OSError:
        pass
