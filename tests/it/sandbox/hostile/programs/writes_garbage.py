# Bytes that are no text.
# class: ok
# bytes: 2560
import os
os.write(1, bytes(range(256)) * 10)
os.write(2, b'\0' * 1000 + b'\x1b[2J\x1b]0;x\x07')
