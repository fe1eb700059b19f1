//! An author of documents, for the tests of the [scan](super::scan): whatever the language allows, in any spacing.

use super::scan::Counts;

/// Writes a document as chance has it, and counts what it writes.
pub struct Author {
    chance: std::vec::IntoIter<u8>,
    text: String,
    counts: Counts,
    open: usize,
}

impl Author {
    /// The document that follows from these choices, and what it has.
    pub fn write(choices: Vec<u8>) -> (String, Counts) {
        let (text, counts) = (String::new(), Counts::default());
        let mut author = Self { chance: choices.into_iter(), text, counts, open: 0 };
        for number in 0..=author.choose(4) {
            author.definition(usize::from(number));
        }
        (author.text, author.counts)
    }

    fn choose(&mut self, from: u8) -> u8 {
        self.chance.next().unwrap_or_default() % from
    }

    /// A token, with what may stand before one.
    fn put(&mut self, token: &str) {
        let between = [" ", "\n", ",", "#{[(\"\"\" a:b @c $d\r\n", "\u{feff} ", "\t#\n"];
        let choice = usize::from(self.choose(6));
        self.text.push_str(between[choice]);
        self.counts.tokens += between[choice].matches('#').count();
        self.text.push_str(token);
        self.counts.tokens += 1;
    }

    fn word(&mut self, word: &str) {
        self.put(word);
        self.counts.longest_word = self.counts.longest_word.max(word.len());
    }

    fn open(&mut self, bracket: &str) {
        self.put(bracket);
        self.open += 1;
        self.counts.nesting = self.counts.nesting.max(self.open);
    }

    fn close(&mut self, bracket: &str) {
        self.put(bracket);
        self.open -= 1;
    }

    fn string(&mut self) {
        let blocks = ["", "\n{[(", "\"a\" \\ ", "\\\"\"\" {", "ü#"];
        let lines = ["", "{[(#", "\\\"{", "\\\\", "\\u00e9ü"];
        let (quotes, inside) = match self.choose(10) {
            choice @ 0..5 => ("\"\"\"", blocks[usize::from(choice)]),
            choice => ("\"", lines[usize::from(choice - 5)]),
        };
        self.put(&format!("{quotes}{inside}{quotes}"));
        self.counts.longest_string = self.counts.longest_string.max(inside.len());
    }

    fn value(&mut self) {
        let scalars = ["1", "-0", "0.50", "1e5", "-2.5E-7", "true", "null", "WHY"];
        match self.choose(12) {
            choice @ 0..8 => self.word(scalars[usize::from(choice)]),
            8 => self.string(),
            9 => {
                self.put("$");
                self.counts.variables += 1;
                self.word("v");
            }
            10 => {
                self.open("[");
                for _ in 0..self.choose(4) {
                    self.value();
                }
                self.close("]");
            }
            _ => {
                self.open("{");
                self.arguments_within(0);
                self.close("}");
            }
        }
    }

    fn arguments_within(&mut self, least: u8) {
        for _ in 0..least + self.choose(3) {
            self.word("on");
            self.put(":");
            self.value();
        }
    }

    fn arguments(&mut self) {
        if self.choose(3) == 0 {
            self.open("(");
            self.arguments_within(1);
            self.close(")");
        }
    }

    fn directives(&mut self) {
        for _ in 0..self.choose(6) / 4 {
            self.put("@");
            self.counts.directives += 1;
            self.word("include");
            self.arguments();
        }
    }

    fn set(&mut self) {
        self.open("{");
        self.word("first");
        for _ in 0..self.choose(4) {
            match self.choose(6) {
                0 => {
                    self.put("...");
                    self.word("fragment");
                    self.directives();
                }
                1 => {
                    self.put("...");
                    self.directives();
                    self.set();
                }
                choice => {
                    if choice == 2 {
                        self.word("alias");
                        self.put(":");
                        self.counts.aliases += 1;
                    }
                    self.word("query");
                    self.arguments();
                    self.directives();
                    if choice == 3 {
                        self.set();
                    }
                }
            }
        }
        self.close("}");
    }

    fn definition(&mut self, number: usize) {
        if self.choose(3) == 0 {
            self.counts.fragments += 1;
            self.word("fragment");
            self.word(&format!("fragment{number}"));
            // The parser wants a blank, and nothing else, before the type.
            self.text.push_str(" on fragment");
            self.counts.tokens += 2;
            self.counts.longest_word = self.counts.longest_word.max(8);
        } else {
            self.counts.operations += 1;
            self.word("query");
            self.word(&format!("fragment{number}"));
            if self.choose(2) == 0 {
                self.open("(");
                self.put("$");
                self.counts.variables += 1;
                self.word("v");
                self.put(":");
                self.open("[");
                self.text.push_str("Int");
                self.counts.tokens += 1;
                self.counts.longest_word = self.counts.longest_word.max(3);
                // Within a type nothing may stand between.
                self.text.push(']');
                self.counts.tokens += 1;
                self.open -= 1;
                self.close(")");
            }
        }
        self.directives();
        self.set();
    }
}
