//! The sandbox: one program, once, in Linux namespaces of its own.
