//! Stories told to the real thing.

mod access;
mod api;
mod clients;
mod courier;
mod demo;
mod docs;
mod execution;
mod faults;
mod first_light;
mod graphql;
mod identity;
mod job;
mod keeping;
mod observe;
mod ok;
mod operate;
mod page;
mod prove;
mod receipts;
mod rights;
mod runner;
mod sandbox;
mod schema;
mod taskqueue;
mod tidy;
mod work;
