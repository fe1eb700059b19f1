# Folders two thousand deep, and a file at the bottom.
# class: ok
# limits: files=3000 disk=32
# stdout: deep
import os
for _ in range(2000):
    os.mkdir('d')
    os.chdir('d')
open('bottom', 'w').close()
print('deep')
