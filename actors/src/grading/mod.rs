//! Grading: from what a program did to what it is worth.
