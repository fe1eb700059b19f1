# Empty files, without end.
# class: disk_limit
# limits: files=50
n = 0
while True:
    open(f'/tmp/{n}', 'w').close()
    n += 1
