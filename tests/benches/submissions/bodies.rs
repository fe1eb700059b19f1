//! Bodies as the `ok` client sends them.

use serde_json::{Value, json};

/// The assignment's name in addresses.
pub const ENDPOINT: &str = "bench/hog";
/// One request in so many is the one before, to the letter.
const ALIKE: u64 = 5;
/// Bodies that differ; each goes out with another number in its program and its analytics every time.
const CARDS: usize = 400;
/// Bytes of a body: from, to.
const SMALLEST: f64 = 4_000.0;
const LARGEST: f64 = 60_000.0;
/// Stands for the number of a piece.
const NUMBER: &str = "777777777777";
const FIRST: u64 = 100_000_000_000;

/// Numbers that look random and are the same each time (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What is sent, one after the other, by students in turn.
pub struct Deck {
    dice: Dice,
    students: usize,
    cards: Vec<String>,
    sent: u64,
}

/// A body, and whose it is.
#[derive(Clone, Copy)]
pub struct Piece {
    pub student: usize,
    card: usize,
    number: u64,
}

impl Deck {
    /// Bodies of that many bytes, or of all sizes between the smallest and the largest; each doubling is as likely as another.
    pub fn new(students: usize, size: Option<u64>) -> Self {
        let mut dice = Dice(7);
        let mut any = || SMALLEST * (LARGEST / SMALLEST).powf(dice.share());
        let sizes: Vec<f64> = (0..CARDS).map(|_| size.map_or_else(&mut any, |size| size as f64)).collect();
        let cards = sizes.into_iter().map(|size| card(&mut dice, size)).collect();
        Self { dice, students, cards, sent: 0 }
    }

    /// One that nobody has sent before.
    pub fn fresh(&mut self) -> Piece {
        self.sent += 1;
        let place = usize::try_from(self.sent).expect("few");
        Piece { student: place * 7_919 % self.students, card: place * 31 % CARDS, number: FIRST + self.sent }
    }

    /// A fresh one, or with a chance of one in five the one before.
    pub fn after(&mut self, before: Option<Piece>) -> Piece {
        match before {
            Some(before) if self.dice.next().is_multiple_of(ALIKE) => before,
            _ => self.fresh(),
        }
    }

    pub fn body(&self, piece: Piece) -> String {
        self.cards[piece.card].replace(NUMBER, &piece.number.to_string())
    }

    /// The bodies of all cards, with a place in each for the number of a piece.
    pub fn cards(&self) -> (&[String], &'static str) {
        (&self.cards, NUMBER)
    }
}

/// A body of about that many bytes.
fn card(dice: &mut Dice, size: f64) -> String {
    let question = |place: usize| json!({ "attempts": place * 3, "solved": place.is_multiple_of(2) });
    let questions: Vec<Value> = (0..8).map(question).collect();
    let mut case = || json!({ "case_id": format!("{:016x}{:016x}", dice.next(), dice.next()), "correct": true });
    let unlocked: Vec<Value> = (0..4).map(|_| case()).collect();
    let solved = dice.next() % 9;
    let attempts: u64 = NUMBER.parse().expect("a number");
    let messages = json!({
        "file_contents": { "hog.py": program(dice, size as usize - 1_500), "submit": true },
        "analytics": {
            "time-utc": "2026-11-29 21:14:03.120000", "started": { "Question 1": true },
            "history": { "all_attempts": attempts, "questions": questions },
        },
        "grading": { "Question 1": { "passed": solved, "failed": 8 - solved.min(8), "locked": 0 } },
        "unlock": unlocked,
        "scoring": { "Total": solved, "breakdown": { "Question 1": solved } },
    });
    json!({ "assignment": ENDPOINT, "messages": messages, "submit": true }).to_string()
}

/// A program as students write them: lines that resemble each other.
fn program(dice: &mut Dice, length: usize) -> String {
    let mut text = format!("\"\"\"Hog, version {NUMBER}.\"\"\"\n");
    while text.len() < length {
        let (name, times) = (dice.next() % 1_000, dice.next() % 97);
        let lines = format!(
            "def roll_{name}(num_rolls, dice=six_sided):\n    \"\"\"Simulate rolling the dice {times} times.\n\n    >>> roll_{name}({times})\n    {name}\n    \"\"\"\n    total, sow_sad = 0, False\n    for i in range({times}):\n        value = dice()\n        if value == 1:\n            sow_sad = True\n        total += value\n    return 1 if sow_sad else total + {name}\n\n"
        );
        text.push_str(&lines);
    }
    text
}
