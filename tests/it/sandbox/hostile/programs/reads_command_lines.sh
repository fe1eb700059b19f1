# Whose child is it, and started how.
# class: ok
# never: /lectern
cat /proc/*/cmdline /proc/*/comm /proc/self/mountinfo /proc/self/maps | tr '\0' ' ' | grep -v '/w/'
exit 0
