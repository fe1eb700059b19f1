"""What a coffee machine calculates with. All amounts are in cents."""

COINS = [200, 100, 50, 20, 10, 5]


def total(coins):
    """What these coins are worth together.

    >>> total([50, 20, 5])
    75
    """
    return 0


def change(price, paid):
    """The coins that are given back, as few as possible, the largest first.

    >>> change(120, 200)
    [50, 20, 10]
    >>> change(80, 80)
    []
    >>> change(120, 100)
    Traceback (most recent call last):
        ...
    ValueError: 20 cents are missing
    """
    return []
