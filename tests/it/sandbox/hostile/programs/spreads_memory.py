# Many children, each with a little.
# class: memory_limit
# limits: memory=48 processes=30 wall=3000
import os, sys, time
for _ in range(16):
    if os.fork() == 0:
        piece = b'x' * (8 << 20)
        time.sleep(int(sys.argv[1]))
time.sleep(int(sys.argv[1]))
