# As many descriptors as it can have.
# class: ok
# stdout: enough
count = []
try:
    while len(count) < 5000:
        count.append(open('/dev/null'))
except OSError:
    pass
print('enough' if len(count) <= 256 else 'too many')
