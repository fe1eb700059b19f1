# More of the processor than others have.
# class: ok
# stdout:
import os, resource
from attempt import attempt, libc
attempt('nice', lambda: os.nice(-5))
attempt('setpriority', lambda: os.setpriority(os.PRIO_PROCESS, 0, -10))
for policy in (os.SCHED_FIFO, os.SCHED_RR):
    attempt('real time', lambda: os.sched_setscheduler(0, policy, os.sched_param(1)))
attempt('priority of init', lambda: os.setpriority(os.PRIO_PROCESS, 1, 19))
attempt('priority of its group', lambda: os.setpriority(os.PRIO_PGRP, 1, 19))
attempt('priority of all', lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19))
attempt('policy of init', lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0)))
attempt('processor of init', lambda: os.sched_setaffinity(1, {0}))
attempt('ioprio', lambda: libc.syscall(251, 1, 0, 1 << 13))
for name in ('CPU', 'DATA', 'NPROC', 'FSIZE', 'NOFILE', 'CORE', 'MEMLOCK', 'MSGQUEUE', 'STACK', 'NICE', 'RTPRIO', 'SIGPENDING'):
    number = getattr(resource, 'RLIMIT_' + name)
    most = resource.getrlimit(number)[1]
    if most == resource.RLIM_INFINITY:
        continue
    attempt(name, lambda: resource.setrlimit(number, (most + 1, most + 1)))
    attempt(name + ' of init', lambda: resource.prlimit(1, number, (0, 0)))
