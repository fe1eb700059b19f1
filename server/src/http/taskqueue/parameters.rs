//! What stands behind the question mark. What is not known is ignored; of what is there twice, the last counts.

use super::discovery;
use super::encoding::pairs;
use super::mask::Mask;
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

    /// Which fields of an answer are wanted. It is described by that schema, and there is no other form of it.
    pub fn mask(&self, schema: &str) -> Result<Mask, Refusal> {
        if let Some(other) = self.text("alt").filter(|alt| !matches!(*alt, "json" | "")) {
            return Err(Refusal::parameter("alt", format!("alt is `{other}`; there is only json.")));
        }
        let Some(fields) = self.text("fields").filter(|fields| !fields.is_empty()) else { return Ok(Mask::Whole) };
        let schemas = discovery::schemas()?;
        let read = Mask::read(fields).and_then(|mask| mask.check(&schemas[schema], schemas).map(|()| mask));
        read.map_err(|wrong| {
            Refusal::parameter(
                "fields",
                format!("fields cannot be read: {wrong}. It must look like items(id,tag),kind."),
            )
        })
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
    use super::{Mask, Parameters};

    #[test]
    fn parameters_are_read() {
        let mut parameters = Parameters::default();
        assert!(parameters.read("n=1&n=2&f=false&t=True&x=1.5&alt=json").is_ok());
        assert_eq!(parameters.mask("Tasks"), Ok(Mask::Whole));
        assert_eq!(parameters.number("n").ok(), Some(2));
        assert_eq!(parameters.flag("f").ok(), Some(Some(false)));
        assert_eq!(parameters.flag("t").ok(), Some(Some(true)));
        assert_eq!(parameters.flag("none").ok(), Some(None));
        assert!(parameters.flag("n").is_err() && parameters.number("x").is_err() && parameters.number("none").is_err());
        assert!(parameters.read("fields=items/id").is_ok());
        assert!(parameters.mask("Tasks").is_ok_and(|mask| mask != Mask::Whole) && parameters.mask("Task").is_err());
        assert!(parameters.read("fields=&alt=media").is_ok() && parameters.mask("Tasks").is_err());
    }
}
