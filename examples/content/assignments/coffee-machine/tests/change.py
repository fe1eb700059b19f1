test = {
  'name': 'change of any amount',
  'points': 2,
  'suites': [
    {
      'type': 'doctest',
      'scored': True,
      'setup': r"""
      >>> from coins import *
      """,
      'teardown': '',
      'cases': [
        {
          'code': r"""
          >>> change(5, 500)
          [200, 200, 50, 20, 20, 5]
          >>> for price in range(0, 200, 5):
          ...     back = change(price, 200)
          ...     assert sum(back) == 200 - price and back == sorted(back, reverse=True), price
          """,
          'hidden': False,
          'locked': False
        },
        {
          'code': r"""
          >>> change(50, 0)
          Traceback (most recent call last):
            ...
          ValueError: 50 cents are missing
          """,
          'hidden': False,
          'locked': False
        },
      ]
    },
  ]
}
