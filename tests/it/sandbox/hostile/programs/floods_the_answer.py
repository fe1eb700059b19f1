# Writes without end where answers are read.
# class: output_limit
import os
while True:
    os.write(3, b'x' * 4096)
