# Fills all three folders.
# class: disk_limit
# limits: disk=2
for folder in /w /tmp /dev/shm; do
    cat /dev/zero > "$folder/$1" 2> /dev/null
done
exit 1
