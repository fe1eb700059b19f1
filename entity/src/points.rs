//! Points: how much a test, an assignment or a score is worth.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::str::FromStr;

use sea_orm::DeriveValueType;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Points as a whole number of 1/10,000, so that sums are exact on every database.
///
/// Written and read as a decimal with at most four places: `2.5`, never `2.50000`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct Points(pub i64);

/// The number of parts that one point has.
const PARTS: i64 = 10_000;

impl Points {
    pub const ZERO: Self = Self(0);

    /// That many whole points.
    #[must_use]
    pub const fn whole(points: i64) -> Self {
        Self(points * PARTS)
    }

    /// So many percent of it, rounded to the nearest 1/10,000; of two that are equally near, away from zero. All that is divided is rounded here.
    #[must_use]
    pub fn percent(self, percent: Self) -> Self {
        let whole = i128::from(self.0) * i128::from(percent.0);
        let unit = i128::from(PARTS) * 100;
        let rounded = (whole.abs() + unit / 2) / unit * whole.signum();
        Self(i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX }))
    }

    /// The nearest to a number, halves away from zero; none where there is none.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "what does not fit is none")]
    pub fn nearest(number: f64) -> Option<Self> {
        let parts = (number * PARTS as f64).round();
        (parts.abs() < 9e15).then_some(Self(parts as i64))
    }

    /// That part of them: `part` of `whole` equal shares, rounded to the nearest 1/10,000, a half up. Nothing of no shares.
    #[must_use]
    pub fn share(self, part: u32, whole: u32) -> Self {
        if whole == 0 {
            return Self::ZERO;
        }
        let (parts, whole) = (i128::from(self.0) * i128::from(part), i128::from(whole));
        let rounded = (2 * parts + whole).div_euclid(2 * whole);
        Self(i64::try_from(rounded).unwrap_or(i64::MAX))
    }
}

impl Add for Points {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Points {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        points.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let parts = self.0.unsigned_abs();
        let (whole, rest) = (parts / PARTS as u64, parts % PARTS as u64);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let places = format!("{rest:04}");
        write!(f, "{sign}{whole}.{}", places.trim_end_matches('0'))
    }
}

/// A text that is not a decimal with at most four places.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a number of points: write a decimal with at most four places, such as 2.5")]
pub struct NotPoints(String);

impl FromStr for Points {
    type Err = NotPoints;

    fn from_str(text: &str) -> Result<Self, NotPoints> {
        let refused = || NotPoints(text.to_owned());
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(places) || places.len() > 4 {
            return Err(refused());
        }
        let whole: i64 = whole.parse().map_err(|_| refused())?;
        let rest: i64 = format!("{places:0<4}").parse().map_err(|_| refused())?;
        whole
            .checked_mul(PARTS)
            .and_then(|parts| parts.checked_add(rest))
            .map(|parts| Self(sign * parts))
            .ok_or_else(refused)
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Points;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(parts in -10_000_000_000i64..10_000_000_000) {
            let points = Points(parts);
            prop_assert_eq!(points.to_string().parse::<Points>(), Ok(points));
        }
    }

    #[test]
    fn percents_are_rounded_away_from_zero() {
        let percent = |parts, percent: &str| Points(parts).percent(percent.parse().unwrap()).0;
        assert_eq!([percent(3, "50"), percent(-3, "50"), percent(1, "49.9999"), percent(10, "100")], [2, -2, 0, 10]);
        assert_eq!(Points(i64::MAX).percent(Points::whole(200)), Points(i64::MAX));
    }

    #[test]
    fn numbers_are_rounded_once() {
        for (number, points) in [
            (2.0, Some(20_000)),
            (10.0 / 3.0, Some(33_333)),
            (0.000_05, Some(1)),
            (-0.000_05, Some(-1)),
            (1e300, None),
            (f64::NAN, None),
        ] {
            assert_eq!(Points::nearest(number).map(|points| points.0), points, "{number}");
        }
    }

    #[test]
    fn shares_are_rounded_once() {
        for (points, part, whole, share) in [
            ("1", 1, 3, "0.3333"),
            ("1", 2, 3, "0.6667"),
            ("1", 3, 3, "1"),
            ("0.0001", 1, 2, "0.0001"),
            ("5", 0, 4, "0"),
            ("5", 1, 0, "0"),
        ] {
            let points: Points = points.parse().expect("points");
            assert_eq!(points.share(part, whole).to_string(), share, "{points} {part}/{whole}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_short_decimal() {
        for text in ["", ".", "1.", ".5", "1.00005", "1e3", "+1", "--1", "1,5", "99999999999999999999"] {
            assert!(text.parse::<Points>().is_err(), "{text}");
        }
        assert_eq!("2.5".parse(), Ok(Points(25_000)));
    }
}
