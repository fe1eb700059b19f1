# Asks for files to be brought out that are none, or not its own.
# class: ok
# limits: disk=4
# collect: link hard one fifo socket folder shut far large chain good
# kept: good
ln -s /etc/passwd link
ln /etc/passwd hard 2> /dev/null
echo x > one; ln one two
mkfifo fifo
/usr/bin/python3 -S -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
mkdir folder
echo x > shut; chmod 000 shut
ln -s /proc/self/root/etc/passwd far
ln -s good chain
truncate -s 3M large
echo good > good
