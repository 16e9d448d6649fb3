//! The command line: one file per script.
