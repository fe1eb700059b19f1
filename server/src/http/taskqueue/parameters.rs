//! What stands behind the question mark. What is not known is ignored; of what is there twice, the last counts.

use super::encoding::pairs;
use super::refusal::Refusal;

/// The parameters of a request.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Adds those of a query.
    pub fn read(&mut self, query: &str) -> Result<(), Refusal> {
        let found = pairs(query).ok_or_else(|| Refusal::invalid("The parameters are not well encoded."))?;
        self.0.extend(found);
        Ok(())
    }

    /// Refuses what every request may say, but not in that way.
    pub fn check(&self) -> Result<(), Refusal> {
        match self.text("alt") {
            None | Some("json" | "") => Ok(()),
            Some(other) => Err(Refusal::parameter("alt", format!("alt is `{other}`; there is only json."))),
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number that must be there.
    pub fn number(&self, name: &'static str) -> Result<i64, Refusal> {
        let text = self.text(name).ok_or_else(|| Refusal::required_parameter(name))?;
        let number = text.parse::<i32>().map(i64::from);
        number.map_err(|_| Refusal::parameter(name, format!("{name} is `{text}`; it must be a whole number.")))
    }

    pub fn flag(&self, name: &'static str) -> Result<Option<bool>, Refusal> {
        match self.text(name) {
            None | Some("") => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(text) => Err(Refusal::parameter(name, format!("{name} is `{text}`; it must be true or false."))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    #[test]
    fn parameters_are_read() {
        let mut parameters = Parameters::default();
        assert!(parameters.read("n=1&n=2&f=false&t=True&x=1.5&alt=json").is_ok() && parameters.check().is_ok());
        assert_eq!(parameters.number("n").ok(), Some(2));
        assert_eq!(parameters.flag("f").ok(), Some(Some(false)));
        assert_eq!(parameters.flag("t").ok(), Some(Some(true)));
        assert_eq!(parameters.flag("none").ok(), Some(None));
        assert!(parameters.flag("n").is_err() && parameters.number("x").is_err() && parameters.number("none").is_err());
        assert!(parameters.read("alt=media").is_ok() && parameters.check().is_err());
    }
}
