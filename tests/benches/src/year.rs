//! A large year.
