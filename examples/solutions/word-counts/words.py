"""Word counts: which words does a text use most?"""

PUNCTUATION = '.,;:!?"()'


def count_words(text):
    """Return a dictionary that says how often each word occurs in the text."""
    counts = {}
    for part in text.split():
        word = part.strip(PUNCTUATION).lower()
        if word:
            counts[word] = counts.get(word, 0) + 1
    return counts


def largest_first(pair):
    """Order pairs of word and number by number, then by the alphabet."""
    word, number = pair
    return -number, word


def top_words(text, n):
    """Return a list of the n most frequent words, the most frequent first."""
    pairs = sorted(count_words(text).items(), key=largest_first)
    return [word for word, number in pairs[:n]]
