# Sends SIGTERM to its process group, in which nobody else may be.
# class: signal
# signal: 15
kill -TERM 0
sleep "$1"
