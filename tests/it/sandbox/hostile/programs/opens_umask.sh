# Lets everybody write to all that it makes, and leaves.
# class: ok
umask 000
for folder in /w /tmp /dev/shm; do
    echo x > "$folder/$1"
    mkdir "$folder/open-$1"
    chmod 7777 "$folder/open-$1"
done
