//! What the kernel answers a program that is already inside: the filter of system calls, and Landlock as a second wall around the files.
//!
//! * `calls` reads the table `calls.txt`: which system calls there are, and for whom.
//! * `arguments` says what of the calls that are both useful and dangerous is allowed.
//! * `filter` compiles the two filters and installs them; `landlock` makes all but the work folders read-only a second time.
//!
//! # Two filters
//!
//! The *wide* one is installed once, before the first of our processes that programs descend from does its work: it knows all that is in the
//! table, so also what making a sandbox takes. The *narrow* one takes away the latter when the sandbox is made. The wide one is large and slow
//! to install, the narrow one small and quick, and the kernel obeys both. Neither can be removed.
//!
//! Deliberately not here: namespaces, capabilities and mounts, which are the first wall. The guard reduces what of the kernel can be reached
//! at all; a sandbox without it still holds what it should.

mod arguments;
mod calls;
pub mod filter;
pub mod landlock;
