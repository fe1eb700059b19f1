# Takes memory until there is none.
# class: memory_limit|nonzero
# limits: memory=32
hoard = []
while True:
    hoard.append(bytearray(1 << 20))
