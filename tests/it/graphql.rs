//! GraphQL as its clients meet it: over HTTP and over sockets, to the letter of the specifications.

mod http;
mod socket;
