import itertools
import sys


def difference(a, b):
    return abs(a - b)


def readings(lines):
    pairs = [line.split(";") for line in lines if line.strip()]
    return [(name, float(degrees)) for name, degrees in pairs]


def main():
    days = readings(sys.stdin)
    pairs = itertools.combinations(days, 2)
    best = min(pairs, key=lambda pair: difference(pair[0][1], pair[1][1]), default=None)
    print("-" if best is None else f"{best[0][0]} {best[1][0]}")


if __name__ == "__main__":
    main()
