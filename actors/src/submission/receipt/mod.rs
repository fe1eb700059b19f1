//! Receipts: made with what is handed in ([`issue`]), and looked at: one alone, by whoever has it ([`examine`]), or beside what this site
//! has of it ([`verify`]); all of a site, from the first block on ([`check`]); and their heads, which leave the site day by day ([`heads`]).
//!
//! What a receipt is, is told in `entity::submission::receipt`.

pub mod check;
mod evidence;
pub mod examine;
pub mod heads;
pub mod issue;
pub mod verify;
