//! Java `.properties` text and typed configuration values.
