//! Input files: written into the work folder before there is a program, by its own user.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

use super::super::wire::FileHead;
use super::{Step, cannot};

/// Writes all input files into the current folder.
pub fn write(heads: &[FileHead], contents: Vec<Vec<u8>>) -> Step<()> {
    for (head, bytes) in heads.iter().zip(contents) {
        if let Some((folder, _)) = head.name.rsplit_once('/') {
            DirBuilder::new()
                .recursive(true)
                .mode(0o755)
                .create(folder)
                .map_err(cannot(format!("make the folder {folder:?}")))?;
        }
        let mode = if head.executable { 0o755 } else { 0o644 };
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&head.name)
            .and_then(|mut file| file.write_all(&bytes))
            .map_err(cannot(format!("write the input file {:?}", head.name)))?;
    }
    Ok(())
}
