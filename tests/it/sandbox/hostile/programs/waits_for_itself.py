# Waits for a lock that it holds.
# class: wall_time_limit
# limits: wall=200
import threading
lock = threading.Lock()
lock.acquire()
lock.acquire()
