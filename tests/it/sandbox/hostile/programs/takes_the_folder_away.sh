# Moves and removes the work folder, then shuts it.
# class: ok
# collect: out
# stdout:
echo x > out
{ mv /w /x; mv /w /tmp/x; rmdir /w; rm -rf /w; mv /tmp /w/tmp; } 2> /dev/null && echo moved
chmod 000 /w
