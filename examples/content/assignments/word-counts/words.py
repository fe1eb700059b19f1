"""Word counts: which words does a text use most?"""


def count_words(text):
    """Return a dictionary that says how often each word occurs in the text."""
    counts = {}
    # Your work begins here.
    return counts


def top_words(text, n):
    """Return a list of the n most frequent words, the most frequent first."""
    return []
