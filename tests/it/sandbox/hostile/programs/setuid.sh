# Programs that make others of those who call them.
# class: ok
# stdout: 1000
cp /usr/bin/id /w/id && chmod 6755 /w/id
cp /usr/bin/id /dev/shm/id && chmod 6755 /dev/shm/id
for try in 'su root -c id' 'sudo -n id' 'mount -t tmpfs x /tmp' 'newgrp root' 'pkexec id' 'chfn -f x' 'passwd -d root'; do
    /bin/sh -c "$try" < /dev/null > /w/out 2> /dev/null && echo "$try" && cat /w/out
done
{ /w/id -u; /dev/shm/id -u; } | sort -u
