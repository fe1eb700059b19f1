# Leaves the session, holds on to the pipes, and would speak later.
# class: ok
# stdout: done
# never: late
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(0.3)
        os.write(1, b'late')
        time.sleep(int(sys.argv[1]))
    os._exit(0)
print('done')
