# Leaves sleepers in the background, some of which can't be hung up.
# class: ok
# stdout: done
nohup sleep "$1" > /dev/null 2>&1 &
setsid sleep "$1" &
(trap '' HUP TERM INT; sleep "$1") &
echo done
