//! Keeping results: bounded, whole or not at all, and made once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::folder::Folder;
use super::memory::Memory;
use super::{Builds, Claim, Kept};
use crate::execution::sandbox::{Class, CollectedFile, Evidence};

fn kept(bytes: usize) -> Kept {
    let file = CollectedFile { name: "main".to_owned(), bytes: vec![7; bytes], executable: true };
    let evidence = Evidence { exit_code: Some(0), cpu_us: 5, ..Evidence::default() };
    Kept { class: Class::Ok, evidence, stdout: b"out".to_vec(), stderr: vec![0xFF, 0], collected: vec![file] }
}

#[test]
fn a_result_comes_back_as_it_was_or_not_at_all() {
    let whole = kept(1000).encode().unwrap();
    assert_eq!(Kept::decode(&whole), Some(kept(1000)));
    for place in [0, 40, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        assert_eq!(Kept::decode(&damaged), None);
        assert_eq!(Kept::decode(&whole[..place]), None);
    }
}

#[test]
fn memory_gives_up_what_was_used_longest_ago() {
    let mut memory = Memory::new(10_000);
    for number in 0..4 {
        memory.put([number; 32], Arc::new(kept(1000)));
        assert!(memory.get(&[0; 32]).is_some());
    }
    memory.put([9; 32], Arc::new(kept(1000)));
    assert!(memory.get(&[0; 32]).is_some() && memory.get(&[9; 32]).is_some());
    assert!(memory.get(&[1; 32]).is_none(), "five of two thousand bytes are too much");
    memory.put([8; 32], Arc::new(kept(5000)));
    assert!(memory.get(&[8; 32]).is_none(), "one alone may not take all");
}

#[test]
fn the_folder_is_bounded_and_removes_what_is_damaged() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("cache/build");
    let folder = Folder::new(path.clone(), 20_000);
    for number in 0..30 {
        folder.write(&[number; 32], &kept(1000));
    }
    assert_eq!(folder.read(&[29; 32]), Some(kept(1000)), "the newest");
    let bytes: u64 = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes < 26_000, "{bytes}");
    let file = path.join(hex::encode([29; 32]));
    std::fs::write(&file, "something else").unwrap();
    assert_eq!(folder.read(&[29; 32]), None);
    assert!(!file.exists());
}

#[tokio::test]
async fn of_equal_builds_one_is_carried_out() {
    let place = tempfile::tempdir().unwrap();
    let builds = Builds::in_folder(place.path().join("builds"));
    let made = Arc::new(AtomicUsize::new(0));
    let build = |builds: Builds, made: Arc<AtomicUsize>| async move {
        match builds.claim([1; 32]).await {
            Claim::Done(found) => assert_eq!(*found, kept(10)),
            Claim::Mine(turn) => {
                tokio::task::yield_now().await;
                made.fetch_add(1, Ordering::SeqCst);
                builds.keep(turn, kept(10)).await;
            }
        }
    };
    let all = (0..20).map(|_| tokio::spawn(build(builds.clone(), Arc::clone(&made)))).collect::<Vec<_>>();
    for one in all {
        one.await.unwrap();
    }
    assert_eq!(made.load(Ordering::SeqCst), 1);
    let another = Builds::in_folder(place.path().join("builds"));
    assert!(matches!(another.claim([1; 32]).await, Claim::Done(_)), "it outlives the process");
}

#[tokio::test]
async fn a_build_that_was_given_up_is_the_next_ones() {
    let builds = Builds::in_memory();
    let Claim::Mine(first) = builds.claim([1; 32]).await else { panic!("nothing is kept") };
    let waiting = tokio::spawn({
        let builds = builds.clone();
        async move { matches!(builds.claim([1; 32]).await, Claim::Mine(_)) }
    });
    drop(first);
    assert!(waiting.await.unwrap());
}
