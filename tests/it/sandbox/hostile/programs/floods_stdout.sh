# Writes without end.
# class: output_limit
# limits: output=64
yes "$1"
