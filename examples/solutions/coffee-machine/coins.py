"""What a coffee machine calculates with. All amounts are in cents."""

COINS = [200, 100, 50, 20, 10, 5]


def total(coins):
    """What these coins are worth together."""
    return sum(coin for coin in coins if coin in COINS)


def change(price, paid):
    """The coins that are given back, as few as possible, the largest first."""
    rest = paid - price
    if rest < 0:
        raise ValueError(f"{-rest} cents are missing")
    back = []
    for coin in COINS:
        while rest >= coin:
            back.append(coin)
            rest -= coin
    return back
