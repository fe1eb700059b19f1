test = {
  'name': 'total',
  'points': 3,
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
          >>> total([])
          0
          >>> total([200, 5])
          205
          """,
          'hidden': False,
          'locked': False
        },
        {
          'code': r"""
          >>> coins = [10, 10, 20]
          >>> total(coins)
          40
          >>> coins
          [10, 10, 20]
          # explanation: whoever adds up coins still has them afterwards
          """,
          'hidden': False,
          'locked': False
        },
      ]
    },
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
          >>> total([1, 2, 50])
          50
          """,
          'hidden': False,
          'locked': False
        },
        {
          'code': r"""
          >>> total([500, 'button', 200])
          200
          """,
          'hidden': True,
          'locked': False
        },
      ]
    },
    {
      'type': 'concept',
      'scored': False,
      'cases': [
        {
          'question': 'What does the machine do with a coin of 1 cent?',
          'choices': ['It keeps it.', 'It lets it fall through.'],
          'answer': 'It lets it fall through.',
          'hidden': False,
          'locked': False
        },
      ]
    },
  ]
}
