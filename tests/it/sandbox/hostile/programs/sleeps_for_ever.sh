# Never ends and does nothing.
# class: wall_time_limit
# limits: wall=200
sleep "$1"
