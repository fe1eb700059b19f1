# Stops itself. Nobody will let it go on.
# class: wall_time_limit
# limits: wall=200
kill -STOP $$
echo never
