# Devices of its own, and the machine's by other ways.
# class: ok
# stdout:
for device in 'mem c 1 1' 'kmsg c 1 11' 'vda b 254 0' 'sda b 8 0' 'fuse c 10 229' 'tty c 5 0'; do
    set -- $device
    mknod "/w/$1" "$2" "$3" "$4" 2> /dev/null && echo "made $1"
    mknod "/dev/shm/$1" "$2" "$3" "$4" 2> /dev/null && echo "made $1"
done
mount -o loop /w/x /tmp 2> /dev/null && echo mounted
exit 0
