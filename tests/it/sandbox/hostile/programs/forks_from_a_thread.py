# A thread forks, the child forks, and the first thread leaves meanwhile.
# class: ok
# never: late
import os, sys, threading, time
def run():
    if os.fork() == 0:
        if os.fork() == 0:
            time.sleep(int(sys.argv[1]))
            print('late')
        os._exit(0)
threading.Thread(target=run, daemon=True).start()
time.sleep(0.01)
os._exit(0)
