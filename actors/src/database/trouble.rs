//! What an error of the database says about who is at fault: the one who asked, or the database.

use sea_orm::sqlx::Error;
use sea_orm::{DbErr, RuntimeErr};

/// Whose trouble an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody answered, or not to the end. What was asked for may have happened all the same.
    Away,
    /// The database understood, and cannot now: its disk is full, it is being stopped, or somebody else was in the way.
    Unable,
    /// The database understood and said no, or the one who asked broke. It would do so again.
    Refused,
}

/// Whose trouble the error is.
#[must_use]
pub fn trouble(error: &DbErr) -> Trouble {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(RuntimeErr::Internal(_)) => Trouble::Away,
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => of_driver(error),
        _ => Trouble::Refused,
    }
}

/// The same of an error of the driver.
pub(super) fn of_driver(error: &Error) -> Trouble {
    match error {
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::PoolTimedOut | Error::PoolClosed => Trouble::Away,
        // The thread that holds a SQLite connection is gone, and the connection with it.
        Error::WorkerCrashed => Trouble::Away,
        Error::Database(error) => error.code().map_or(Trouble::Refused, |code| of_code(&code)),
        _ => Trouble::Refused,
    }
}

/// PostgreSQL's codes have five letters, of which two name a class; SQLite's are numbers, of which the low byte does.
fn of_code(code: &str) -> Trouble {
    if code.len() == 5 {
        return match &code[..2] {
            // The connection; and a server that ends it, by command or because it was restarted.
            "08" => Trouble::Away,
            "57" if code != "57014" => Trouble::Away,
            // A transaction that was idle for too long: the server has hung up.
            "25" if code == "25P03" => Trouble::Away,
            // No room, no memory; the machine; others in the way; a statement that was stopped; locks.
            "53" | "58" | "40" | "57" => Trouble::Unable,
            "55" if code == "55P03" => Trouble::Unable,
            _ => Trouble::Refused,
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        // Busy, locked, no memory, not writable, interrupted, the disk failed or is full, cannot be opened.
        Ok(5..=10 | 13 | 14) => Trouble::Unable,
        _ => Trouble::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::{Trouble, of_code, trouble};
    use sea_orm::{DbErr, RuntimeErr};

    #[test]
    fn who_is_at_fault() {
        for away in ["08006", "57P01", "57P02", "57P03", "25P03"] {
            assert_eq!(of_code(away), Trouble::Away, "{away}");
        }
        for unable in ["53100", "53300", "40P01", "40001", "58030", "57014", "5", "13", "10", "778", "1555"] {
            let wanted = if unable == "1555" { Trouble::Refused } else { Trouble::Unable };
            assert_eq!(of_code(unable), wanted, "{unable}");
        }
        for refused in ["23505", "22P05", "42P01", "19", "2067", "1"] {
            assert_eq!(of_code(refused), Trouble::Refused, "{refused}");
        }
        assert_eq!(trouble(&DbErr::Conn(RuntimeErr::Internal("silence".into()))), Trouble::Away);
        assert_eq!(trouble(&DbErr::Custom("panicked: an effect stumbled".into())), Trouble::Refused);
    }
}
