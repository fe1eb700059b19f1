"""Temperature table: Celsius and Fahrenheit, and the mean of what was measured."""

import sys


def fahrenheit(celsius):
    """Return a temperature in Fahrenheit."""
    return celsius


def main():
    for line in sys.stdin:
        place, reading = line.split(";")
        celsius = float(reading)
        print(f"{place:<10}{celsius:>8.1f}{fahrenheit(celsius):>8.1f}")


main()
