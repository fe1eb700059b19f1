//! What a receipt proves, by one that was made by hand.

use entity::clock::Timestamp;
use entity::submission::receipt::Receipt;
use proptest::prelude::{any, proptest};
use proptest::prop_assert_eq;

use super::{Finding, Keys, NoKeys, Outcome, examine};

const EXAMPLE: &str = include_str!("../../../../../docs/api/receipts/example.json");
const BACKUP: &str = include_str!("../../../../../docs/api/receipts/example-backup.json");
const KEYS: &str = include_str!("../../../../../docs/api/receipts/example-keys.json");

fn keys() -> Keys {
    let mut keys = Keys::default();
    keys.add_set(KEYS).unwrap();
    keys
}

fn example() -> Receipt {
    Receipt::read(EXAMPLE).unwrap()
}

/// The outcomes for the person, the inclusion and the signature.
fn outcomes(receipt: &Receipt, keys: &Keys) -> [Outcome; 3] {
    let found: Vec<Outcome> = examine(receipt, keys).iter().map(|Finding { outcome, .. }| *outcome).collect();
    found.try_into().unwrap()
}

use Outcome::{Fails, Holds, Unknown};

#[test]
fn the_examples_are_genuine() {
    assert_eq!(outcomes(&example(), &keys()), [Holds; 3]);
    assert_eq!(outcomes(&Receipt::read(BACKUP).unwrap(), &keys()), [Holds; 3]);
    assert_eq!(outcomes(&example().without_holder(), &keys()), [Unknown, Holds, Holds]);
    assert_eq!(outcomes(&example(), &Keys::default()), [Holds, Holds, Unknown]);
}

/// A way to change a receipt, and what does not hold of it then.
type Change = (&'static str, fn(&mut Receipt), [Outcome; 3]);

const CHANGES: [Change; 17] = [
    ("assignment", |it| it.leaf.assignment.push('x'), [Holds, Fails, Holds]),
    ("backup", |it| it.leaf.backup = "bak_x".to_owned(), [Holds, Fails, Holds]),
    ("handed in", |it| it.leaf.handed_in = false, [Holds, Fails, Holds]),
    ("received at", |it| it.leaf.received_at = Timestamp(it.leaf.received_at.0 - 1), [Holds, Fails, Holds]),
    ("files", |it| it.leaf.files[31] ^= 1, [Holds, Fails, Holds]),
    ("messages", |it| it.leaf.messages[0] ^= 128, [Holds, Fails, Holds]),
    ("person", |it| it.leaf.person[0] ^= 1, [Fails, Fails, Holds]),
    ("email", |it| it.holder.as_mut().unwrap().email = "eve@example.org".to_owned(), [Fails, Holds, Holds]),
    ("salt", |it| it.holder.as_mut().unwrap().salt[3] ^= 1, [Fails, Holds, Holds]),
    ("place", |it| it.place = 1, [Holds, Fails, Holds]),
    ("path", |it| it.path.truncate(it.path.len() - 1), [Holds, Fails, Holds]),
    ("course", |it| it.block.course.push('x'), [Holds, Holds, Fails]),
    ("site", |it| it.block.site.push('/'), [Holds, Holds, Fails]),
    ("position", |it| it.block.position += 1, [Holds, Holds, Fails]),
    ("life", |it| it.block.incarnation.push('0'), [Holds, Holds, Fails]),
    ("issued at", |it| it.block.issued_at = Timestamp(0), [Holds, Holds, Fails]),
    ("key", |it| it.block.kid = "another".to_owned(), [Holds, Holds, Unknown]),
];

#[test]
fn whatever_is_changed_is_found_where_it_is() {
    for (what, change, expected) in CHANGES {
        let mut receipt = example();
        change(&mut receipt);
        assert_eq!(outcomes(&receipt, &keys()), expected, "{what}");
    }
}

#[test]
fn what_moves_from_one_field_to_the_next_is_another_thing() {
    let mut receipt = example();
    receipt.block.course.insert_str(0, &receipt.block.site.split_off(8));
    assert_eq!(outcomes(&receipt, &keys())[2], Fails);
    let mut receipt = example();
    let moved = receipt.leaf.assignment.split_off(4);
    receipt.leaf.backup.insert_str(0, &moved);
    assert_eq!(outcomes(&receipt, &keys())[1], Fails);
}

#[test]
fn keys_are_read_as_they_are_published_or_one_by_one() {
    let x = "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg";
    for (written, outcome) in [
        (x.to_owned(), Holds),
        (format!("c0ffee0000000001:{x}"), Holds),
        (format!("another:{x}"), Unknown),
        (format!("c0ffee0000000001:{}", x.replace('A', "B")), Fails),
    ] {
        let mut keys = Keys::default();
        keys.add(&written).unwrap();
        assert_eq!(outcomes(&example(), &keys)[2], outcome, "{written}");
    }
    for broken in ["", "c0ffee0000000001", "x:y", &x[1..]] {
        assert!(matches!(Keys::default().add(broken), Err(NoKeys::Key(_))), "{broken}");
    }
    for broken in ["", "[]", "{}", "{\"keys\": 1}"] {
        assert!(matches!(Keys::default().add_set(broken), Err(NoKeys::Json(_))), "{broken}");
    }
}

proptest! {
    #[test]
    fn any_changed_bit_of_the_signature_or_the_root_is_found(bit in any::<usize>()) {
        let mut receipt = example();
        let bit = bit % (96 * 8);
        match bit / 8 {
            place @ 0..64 => receipt.block.signature[place] ^= 1 << (bit % 8),
            place => receipt.block.root[place - 64] ^= 1 << (bit % 8),
        }
        prop_assert_eq!(outcomes(&receipt, &keys())[2], Fails);
    }
}
