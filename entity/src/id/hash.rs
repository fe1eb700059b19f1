//! The hash id of one number, by tables.
//!
//! A page shows hundreds of ids. The library shuffles an alphabet for every one, which took a twelfth of the time of a page. Without a
//! salt there are only as many shuffles as letters, and those are made once. Reading is left to the library.
//!
//! The rule (hashids.org): a first letter, by the number's last two digits, chooses the alphabet in which the number is written
//! behind it. What is too short gets a guard before it, then one behind it, then letters of the alphabet, shuffled by itself, around it.

use std::sync::LazyLock;

/// Letters in the alphabet, without those that separate and guard.
const LETTERS: usize = 44;
const ALPHABET: [u8; LETTERS] = *b"gjklmnopqrvwxyzABDEGJKLMNOPQRVWXYZ1234567890";
const GUARDS: [u8; 4] = *b"abde";
/// The shortest id.
const SHORTEST: usize = 6;

type Alphabet = [u8; LETTERS];

/// For each first letter the alphabet of the number, and that of what is around it.
static SHUFFLED: LazyLock<[(Alphabet, Alphabet); LETTERS]> = LazyLock::new(|| {
    ALPHABET.map(|first| {
        let mut salt = ALPHABET;
        salt.copy_within(..LETTERS - 1, 1);
        salt[0] = first;
        let number = shuffled(ALPHABET, salt);
        (number, shuffled(number, number))
    })
});

fn shuffled(mut letters: Alphabet, salt: Alphabet) -> Alphabet {
    let mut sum = 0;
    for (step, place) in (1..LETTERS).rev().enumerate() {
        let letter = usize::from(salt[step % LETTERS]);
        sum += letter;
        letters.swap(place, (letter + step % LETTERS + sum) % place);
    }
    letters
}

/// The hash id of a number, with an empty salt and at least six letters.
pub(super) fn encode(number: u64) -> String {
    // A number below 100 has room in any size.
    let lottery = (number % 100) as usize;
    let first = lottery % LETTERS;
    let (digits, around) = &SHUFFLED[first];
    let mut backwards = Vec::with_capacity(16);
    let mut rest = number;
    loop {
        backwards.push(digits[(rest % LETTERS as u64) as usize]);
        rest /= LETTERS as u64;
        if rest == 0 {
            break;
        }
    }
    backwards.push(ALPHABET[first]);
    backwards.reverse();
    let mut id = backwards;
    let guard = |letter: u8| GUARDS[(lottery + usize::from(letter)) % GUARDS.len()];
    if id.len() < SHORTEST {
        id.insert(0, guard(id[0]));
    }
    if id.len() < SHORTEST {
        id.push(guard(id[2]));
    }
    if id.len() < SHORTEST {
        let (left, right) = around.split_at(LETTERS / 2);
        let whole = [right, &id, left].concat();
        let before = (whole.len() - SHORTEST) / 2;
        id = whole[before..before + SHORTEST].to_vec();
    }
    id.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::super::HASH;
    use super::encode;
    use proptest::prelude::*;

    fn by_the_library(number: u64) -> String {
        HASH.as_ref().expect("it is built").encode(&[number])
    }

    #[test]
    fn short_ones_are_those_of_the_library() {
        for number in 0..100_000 {
            assert_eq!(encode(number), by_the_library(number), "{number}");
        }
    }

    proptest! {
        #[test]
        fn any_is_that_of_the_library(number: u64, shift in 0..64_u32) {
            prop_assert_eq!(encode(number >> shift), by_the_library(number >> shift));
        }
    }
}
