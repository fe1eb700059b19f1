# Wants to run a program that is in no file.
# class: ok
# stdout:
import os
from attempt import attempt
attempt('memfd_create', lambda: os.memfd_create('x'))
