//! The letters of a site that has no mail server: files in its data folder.

use std::path::Path;
use std::time::Duration;

use entity::id::{self, Kind};
use entity::identity::user;
use entity::mail::letter::{self, LetterState};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tokio::time::sleep;

use crate::site::Site;

/// A letter as it went out.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    /// Its row.
    pub row: letter::Model,
}

impl Mail {
    /// The code in it.
    #[must_use]
    pub fn code(&self) -> String {
        let code = self.text.lines().find(|line| line.len() == 43 && !line.contains(' '));
        code.unwrap_or_else(|| panic!("no code: {}", self.text)).to_owned()
    }
}

/// Waits until a letter of that kind to that person has gone out after `seen` of them, and reads it. It looks, because there is nothing to
/// follow yet: the letter's row is made by a job whose number nobody outside is told.
pub async fn letter(site: &Site, email: &str, kind: &str, seen: usize) -> Mail {
    let db = site.app.kernel.deps.db.read();
    loop {
        let person = user::Entity::find().filter(user::Column::Email.eq(email)).one(db).await.expect("it answers");
        if let Some(person) = person {
            let letters = letter::Entity::find()
                .filter(letter::Column::RecipientId.eq(person.id))
                .filter(letter::Column::Kind.eq(kind))
                .order_by_asc(letter::Column::Id);
            let letters = letters.all(db).await.expect("it answers");
            if let Some(row) = letters.get(seen).filter(|row| row.state == LetterState::Sent) {
                return read(site.base.data(), row.clone());
            }
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// How many letters there are for somebody.
pub async fn count(site: &Site, email: &str) -> usize {
    let db = site.app.kernel.deps.db.read();
    let person = user::Entity::find().filter(user::Column::Email.eq(email)).one(db).await.expect("it answers");
    let Some(person) = person else { return 0 };
    let letters = letter::Entity::find().filter(letter::Column::RecipientId.eq(person.id)).all(db).await;
    letters.expect("it answers").len()
}

fn read(data: &Path, row: letter::Model) -> Mail {
    let path = data.join("mail").join(format!("{}.eml", id::encode(Kind::Letter, row.id)));
    let eml = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (head, body) = eml.split_once("\r\n\r\n").expect("a head and a body");
    let header = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {head}")).trim().to_owned()
    };
    let text = if head.contains("quoted-printable") { unquoted(body) } else { body.replace("\r\n", "\n") };
    Mail { to: header("To:"), subject: header("Subject:"), text, row }
}

fn unquoted(body: &str) -> String {
    let body = body.replace("=\r\n", "").replace("\r\n", "\n");
    let mut text = Vec::new();
    let mut rest = body.as_bytes();
    while let [first, tail @ ..] = rest {
        let quoted = (*first == b'=').then(|| tail.get(..2)).flatten();
        let byte = quoted.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        text.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(text).expect("text is UTF-8")
}
