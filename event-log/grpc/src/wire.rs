//! The protocol's messages, and the few conversions that all of it needs.

mod generated {
    #![allow(
        missing_docs,
        unreachable_pub,
        rust_2018_idioms,
        clippy::all,
        clippy::unwrap_used,
        clippy::wildcard_enum_match_arm,
        clippy::needless_pass_by_value,
        clippy::uninlined_format_args,
        reason = "the build writes it"
    )]
    include!(concat!(env!("OUT_DIR"), "/wire.rs"));
}

pub use generated::event_log::keys;
pub use generated::event_store::client::*;
pub use generated::google::rpc;

use ::uuid::Uuid as Id;
use event_log::StreamName;

/// How ids are written in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdForm {
    /// Two halves of 64 bits.
    Structured,
    /// As text.
    Text,
}

impl IdForm {
    pub(crate) fn write(self, id: Id) -> Uuid {
        let value = match self {
            Self::Structured => {
                let (high, low) = id.as_u64_pair();
                uuid::Value::Structured(uuid::Structured {
                    most_significant_bits: high.cast_signed(),
                    least_significant_bits: low.cast_signed(),
                })
            }
            Self::Text => uuid::Value::String(id.to_string()),
        };
        Uuid { value: Some(value) }
    }
}

impl Uuid {
    /// The id, when it is one.
    pub(crate) fn read(&self) -> Option<Id> {
        match self.value.as_ref()? {
            uuid::Value::Structured(halves) => Some(Id::from_u64_pair(
                halves.most_significant_bits.cast_unsigned(),
                halves.least_significant_bits.cast_unsigned(),
            )),
            uuid::Value::String(text) => Id::try_parse(text).ok(),
        }
    }
}

impl StreamIdentifier {
    pub(crate) fn of(stream: &StreamName) -> Self {
        Self { stream_name: bytes::Bytes::copy_from_slice(stream.as_str().as_bytes()) }
    }

    /// The name, as far as it can be shown.
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.stream_name).into_owned()
    }
}
