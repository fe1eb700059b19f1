# Empty folders and links, without end.
# class: disk_limit
# limits: files=50
n=0
while mkdir "/dev/shm/$n" && ln -s x "/w/link$n" && mkfifo "/tmp/fifo$n"; do n=$((n + 1)); done 2> /dev/null
exit 1
