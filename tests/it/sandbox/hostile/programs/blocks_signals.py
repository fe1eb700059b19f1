# Lets no signal through and sleeps.
# class: wall_time_limit
# limits: wall=200
import signal, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
time.sleep(int(sys.argv[1]))
