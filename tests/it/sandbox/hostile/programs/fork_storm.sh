# The classic in one line. The first of them ends at once, the rest with it.
# class: ok|nonzero|cpu_time_limit|wall_time_limit|process_limit
# limits: cpu=150 wall=1000 processes=20
f() { f | f & }
f 2> /dev/null
