"""Temperature table: Celsius and Fahrenheit, and the mean of what was measured."""

import sys


def fahrenheit(celsius):
    """Return a temperature in Fahrenheit."""
    return celsius * 1.8 + 32


def table_line(name, celsius):
    """Return one line of the table; celsius is None if nothing was measured."""
    if celsius is None:
        return f"{name:<10}{'-':>8}{'-':>8}"
    return f"{name:<10}{celsius:>8.1f}{fahrenheit(celsius):>8.1f}"


def main():
    measured = []
    for line in sys.stdin:
        if not line.strip():
            continue
        place, reading = line.strip().split(";")
        if reading == "-":
            print(table_line(place, None))
        else:
            celsius = float(reading)
            measured.append(celsius)
            print(table_line(place, celsius))
    mean = sum(measured) / len(measured) if measured else None
    print(table_line("mean", mean))


main()
