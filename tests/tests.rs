//! Integration tests, in reading order.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test ends where a fact does not hold"
)]

mod support;

mod client;

mod configs;
mod topics;

mod bad_input;
mod completion;
mod console_tools;
mod consumer_groups;
mod consuming;
mod doctor;
mod every_mode;
mod help_and_man;
mod json;
mod producing;
mod properties;
mod quickstart;
mod round_trips;
mod screens;
mod umbrella;

mod crash_recovery;
mod flaky_network;
mod hostile_clients;
mod outages;
mod scarcity;
mod storage_format;
mod wire_compatibility;

mod apache_schemas;
mod apache_tools;
mod data_directory;
mod interoperability;

mod layering;
mod tidy;
