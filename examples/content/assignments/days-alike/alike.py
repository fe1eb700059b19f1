import sys


def difference(a, b):
    return 0


def readings(lines):
    return []


if __name__ == "__main__":
    print("-")
