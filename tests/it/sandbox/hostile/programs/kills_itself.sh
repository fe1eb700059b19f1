# Dies by the signal that limits use, and is not taken for one.
# class: signal
# signal: 9
kill -KILL $$
sleep "$1"
