# Nothing was given to it, so it has nothing.
# class: ok
# stdout:
import os
print(*(name for name in os.environ if name not in ('LC_CTYPE', 'PWD')), end='')
