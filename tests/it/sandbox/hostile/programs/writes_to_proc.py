# The switches that processes have in /proc.
# class: ok
# stdout:
import glob
from attempt import attempt
for path in ['/proc/self/oom_score_adj', '/proc/self/mem', '/proc/self/uid_map', '/proc/self/gid_map', '/proc/self/setgroups',
             '/proc/1/oom_score_adj', '/proc/1/mem', '/proc/1/uid_map', '/proc/1/comm', '/proc/1/clear_refs', '/proc/1/coredump_filter',
             '/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname', '/proc/sys/user/max_user_namespaces', '/proc/sysrq-trigger',
             '/proc/sys/vm/drop_caches', '/proc/self/attr/current', '/proc/1/attr/current', '/proc/self/timerslack_ns']:
    attempt(path, lambda: open(path, 'wb', 0).write(b'0'))
