# Writes too much and ends as if nothing had been.
# class: output_limit
# limits: output=64
import os
os.write(1, b'x' * (65 << 10))
os._exit(0)
