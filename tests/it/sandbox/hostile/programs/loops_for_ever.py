# Never ends.
# class: cpu_time_limit
# limits: cpu=100
while True:
    pass
