# Dies by the signal of the processor limit.
# class: cpu_time_limit
import os, signal
os.kill(os.getpid(), signal.SIGXCPU)
