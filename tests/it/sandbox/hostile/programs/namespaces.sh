# The same by the programs that are made for it.
# class: ok
# stdout:
for kind in '-Ur' '-m' '-n' '-p' '-Urmpf' '-i' '-u' '-C'; do
    unshare $kind echo "unshared $kind" 2> /dev/null
done
nsenter -t 1 -a echo entered 2> /dev/null
bwrap --bind / / echo wrapped 2> /dev/null
chroot /w echo rooted 2> /dev/null
exit 0
