//! The files that somebody brings: those that the assignment asks for, each once, and not too large.

use entity::assignment;

/// The most bytes of all files together.
pub const MAX_BYTES: usize = 1 << 20;

/// What is wrong with them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    /// Whether they are too large; otherwise it is about a name.
    pub too_large: bool,
    pub message: String,
    /// The part of the input that it is about.
    pub path: Vec<String>,
}

impl Unfit {
    fn name(message: String, index: usize) -> Self {
        let path = ["files", &index.to_string(), "name"].map(str::to_owned).into();
        Self { too_large: false, message, path }
    }
}

/// Checks them. Whether the one is there that is run is another question: a backup may be without.
pub(super) fn check(assignment: &assignment::Model, files: &[(String, Vec<u8>)]) -> Result<(), Unfit> {
    let wanted: Vec<&str> = assignment.template.0.iter().map(|entry| entry.name.as_str()).collect();
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    if bytes > MAX_BYTES {
        let message = format!("The files have {bytes} bytes together; at most {MAX_BYTES} are accepted.");
        return Err(Unfit { too_large: true, message, path: vec!["files".to_owned()] });
    }
    for (index, (name, _)) in files.iter().enumerate() {
        if !wanted.contains(&name.as_str()) {
            let message = format!("`{name}` is not asked for. This assignment takes: {}.", wanted.join(", "));
            return Err(Unfit::name(message, index));
        }
        if files.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(Unfit::name(format!("`{name}` is there twice."), index));
        }
    }
    Ok(())
}
