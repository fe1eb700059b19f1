//! Every door of Lectern, and no rule: GraphQL and its side doors over HTTP, and the command line. Doors only translate.
//!
//! [`app::App::build`] is the one way to make the application, for `main` and for tests. A folder per noun holds its GraphQL types,
//! queries, mutations and loaders; [`graphql`] puts them together, [`http`] carries them, [`command`] is the command line.

pub mod app;
pub mod assignment;
pub mod command;
pub mod config;
pub mod content;
pub mod course;
pub mod data_folder;
pub mod execution;
pub mod grading;
pub mod graphql;
pub mod http;
mod http_client;
pub mod identity;
pub mod job;
pub mod mail;
pub mod migrate;
pub mod observe;
pub mod submission;
pub mod taskqueue;

/// An answer is put together from thousands of small pieces, most of which live for a microsecond; the allocator of the C library took
/// a third of the time of a page.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
