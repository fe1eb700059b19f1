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

/// The longest name of a file that nobody asked for by its name, in bytes.
const NAME_LENGTH: usize = 128;

/// Whether it can be the name of a file: no path, and nothing that a system has trouble with.
fn is_name(name: &str) -> bool {
    let trouble = |letter: char| letter.is_control() || "/\\".contains(letter);
    !name.is_empty() && name.len() <= NAME_LENGTH && !name.starts_with('.') && !name.contains(trouble)
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
        // What is in no content folder asks for no files in particular.
        let any = !assignment.is_run() && is_name(name);
        if !any && !wanted.contains(&name.as_str()) {
            let message = match assignment.is_run() {
                true => format!("`{name}` is not asked for. This assignment takes: {}.", wanted.join(", ")),
                false => format!("`{name}` cannot be the name of a file here."),
            };
            return Err(Unfit::name(message, index));
        }
        if files.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(Unfit::name(format!("`{name}` is there twice."), index));
        }
    }
    Ok(())
}
