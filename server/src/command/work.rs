//! The choices of `serve` and `work`: which lanes, with how many slots.

use actors::lane::Size;
use actors::lanes;
use clap::Args;

use super::CommandError;
use crate::config::Config;

/// The most slots of a lane.
const MOST: usize = 1_024;
/// The word for no lane at all.
const NONE: &str = "none";

/// What a process works on.
#[derive(Debug, Args)]
pub(super) struct Work {
    /// Only these lanes, such as execution,mail, or `none` for a process that only serves; all of them when absent
    #[arg(long, value_delimiter = ',')]
    lanes: Vec<String>,
    /// How many jobs at the same time: of one lane, such as execution=4, or of each that is worked
    #[arg(long, value_delimiter = ',')]
    slots: Vec<String>,
}

impl Work {
    /// The configuration of a serving process with these choices.
    ///
    /// # Errors
    /// When there is no such lane or no such number of slots, or nobody could work the other lanes.
    pub fn beside_serving(&self, config: Config) -> Result<Config, CommandError> {
        if config.is_embedded() && !self.lanes.is_empty() {
            return Err(CommandError::told(
                "--lanes is for sites on PostgreSQL: on the embedded database nobody else could work the other lanes; \
                 leave it out",
            ));
        }
        self.apply(config)
    }

    /// The configuration of a process that only works, with these choices.
    ///
    /// # Errors
    /// When there is no such lane or no such number of slots, or nothing is left to do.
    pub fn alone(&self, config: Config) -> Result<Config, CommandError> {
        if self.lanes == [NONE] {
            return Err(CommandError::told("--lanes none is for `lectern serve`: here nothing would be left to do"));
        }
        self.apply(config)
    }

    fn apply(&self, config: Config) -> Result<Config, CommandError> {
        let lanes = Some(self.choose(config.slots)?);
        Ok(Config { lanes, ..config })
    }

    fn choose(&self, programs: usize) -> Result<Vec<(&'static str, Size)>, CommandError> {
        let mut chosen = lanes::all(programs).to_vec();
        if self.lanes == [NONE] {
            chosen.clear();
            return Ok(chosen);
        }
        for name in &self.lanes {
            known(name)?;
        }
        chosen.retain(|(name, _)| self.lanes.is_empty() || self.lanes.iter().any(|lane| lane == name));
        for text in &self.slots {
            let (lane, slots) = match text.split_once('=') {
                Some((lane, slots)) => (Some(known(lane)?), slots),
                None => (None, text.as_str()),
            };
            let slots = slots.parse().ok().filter(|slots| (1..=MOST).contains(slots)).ok_or_else(|| {
                CommandError::told(format!("--slots {text}: a lane has 1 to {MOST} slots, such as --slots execution=4"))
            })?;
            if lane.is_some_and(|lane| chosen.iter().all(|(name, _)| *name != lane)) {
                return Err(CommandError::told(format!("--slots {text}: that lane is not among those of --lanes")));
            }
            let meant = chosen.iter_mut().filter(|(name, _)| lane.is_none_or(|lane| lane == *name));
            meant.for_each(|(_, size)| *size = resized(*size, slots));
        }
        Ok(chosen)
    }
}

/// The same lane with so many slots; one that keeps some for those who wait keeps its part of them.
fn resized(size: Size, slots: usize) -> Size {
    Size { slots, express: if size.express == 0 { 0 } else { lanes::express(slots) } }
}

/// The lane with that name.
fn known(name: &str) -> Result<&'static str, CommandError> {
    let names = lanes::all(1).map(|(lane, _)| lane);
    names
        .into_iter()
        .find(|lane| *lane == name)
        .ok_or_else(|| CommandError::told(format!("there is no lane `{name}`; the lanes are {}", names.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::Work;

    fn chosen(lanes: &[&str], slots: &[&str]) -> Result<Vec<(&'static str, usize, usize)>, String> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let work = Work { lanes: words(lanes), slots: words(slots) };
        let chosen = work.choose(2).map_err(|error| error.to_string())?;
        Ok(chosen.into_iter().map(|(lane, size)| (lane, size.slots, size.express)).collect())
    }

    #[test]
    fn lanes_and_slots_are_chosen() {
        assert_eq!(chosen(&["mail"], &[]), Ok(vec![("mail", 1, 0)]));
        assert_eq!(chosen(&["execution", "mail"], &["execution=4"]), Ok(vec![("execution", 4, 1), ("mail", 1, 0)]));
        assert_eq!(chosen(&["execution", "mail"], &["3"]), Ok(vec![("execution", 3, 1), ("mail", 3, 0)]));
        assert_eq!(chosen(&[], &[]).map(|lanes| lanes.len()), Ok(4));
        assert_eq!(chosen(&["none"], &[]), Ok(vec![]));
        assert_eq!(chosen(&["execution"], &["execution=8"]), Ok(vec![("execution", 8, 2)]));
    }

    #[test]
    fn what_there_is_not_is_refused_with_what_there_is() {
        let refused = chosen(&["exection"], &[]).unwrap_err();
        assert!(
            refused.contains("`exection`") && refused.contains("content, execution, housekeeping, mail"),
            "{refused}"
        );
        assert!(chosen(&["none", "mail"], &[]).is_err());
        for slots in ["mail=0", "mail=many", "execution=2", "0"] {
            assert!(chosen(&["mail"], &[slots]).is_err(), "{slots}");
        }
    }
}
