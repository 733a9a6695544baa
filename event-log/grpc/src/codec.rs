//! How messages are read: as `prost` reads them, when they have no more parts than anything sensible has.

use bytes::Buf;
use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, skip_field};
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder};
use tonic_prost::{ProstCodec, ProstDecoder};

use crate::limits::MAX_FIELDS;
use crate::refusal::Refusal;

/// `prost`'s, bounded.
#[derive(Debug)]
pub(crate) struct Bounded<T, U>(ProstCodec<T, U>);

impl<T, U> Default for Bounded<T, U> {
    fn default() -> Self {
        Self(ProstCodec::default())
    }
}

impl<T, U> Codec for Bounded<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = <ProstCodec<T, U> as Codec>::Encoder;
    type Decoder = BoundedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        self.0.encoder()
    }

    fn decoder(&mut self) -> Self::Decoder {
        BoundedDecoder(self.0.decoder())
    }
}

/// Reads messages of so many fields.
#[derive(Debug)]
pub(crate) struct BoundedDecoder<U>(ProstDecoder<U>);

impl<U: Message + Default> Decoder for BoundedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let most = MAX_FIELDS;
        // A message lies in one piece.
        if fields(buffer.chunk(), 2, most) > most {
            let message = format!("a message has more than {most} fields; append in parts");
            return Err(Refusal::invalid("message", message).into());
        }
        self.0.decode(buffer)
    }

    fn buffer_settings(&self) -> BufferSettings {
        self.0.buffer_settings()
    }
}

/// How many fields a message has, with those of the messages in it down to so many levels; one more than `most` where
/// there are more. What can't be read is left to whoever decodes it.
fn fields(message: &[u8], levels: u32, most: usize) -> usize {
    let (mut rest, mut count) = (message, 0);
    while count <= most && rest.has_remaining() {
        let Ok((number, kind)) = decode_key(&mut rest) else { break };
        let whole = rest;
        if skip_field(kind, number, &mut rest, DecodeContext::default()).is_err() {
            break;
        }
        count += 1;
        if kind == WireType::LengthDelimited && levels > 1 {
            let mut inner = &whole[..whole.len() - rest.len()];
            // It was skipped, so that its length can be read.
            if prost::encoding::decode_varint(&mut inner).is_ok() {
                count += fields(inner, levels - 1, most - count.min(most));
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Where a test fails it should stop, and say where.

    use super::*;
    use crate::append::MAX_APPEND_EVENTS;
    use crate::wire::streams::BatchAppendReq;
    use crate::wire::streams::batch_append_req::ProposedMessage;

    fn event(entries: usize) -> ProposedMessage {
        let metadata = (0..entries).map(|entry| (entry.to_string(), String::new())).collect();
        ProposedMessage { metadata, data: bytes::Bytes::from_static(b"{}"), ..ProposedMessage::default() }
    }

    fn count(events: Vec<ProposedMessage>) -> usize {
        let message = BatchAppendReq { proposed_messages: events, ..BatchAppendReq::default() };
        fields(&message.encode_to_vec(), 2, MAX_FIELDS)
    }

    #[test]
    fn the_largest_append_has_fewer_parts_than_are_taken_and_what_grows_in_memory_has_more() {
        assert_eq!(count(vec![event(2); 3]), 3 * (1 + 2 + 1));
        assert!(count(vec![event(2); MAX_APPEND_EVENTS]) < MAX_FIELDS / 2);
        assert!(count(vec![event(MAX_FIELDS)]) > MAX_FIELDS);
        assert!(count(vec![ProposedMessage::default(); MAX_FIELDS + 1]) > MAX_FIELDS);
    }

    #[test]
    fn what_is_no_message_is_left_to_whoever_decodes_it() {
        assert_eq!(fields(&[0xff; 20], 2, 10), 0);
        assert_eq!(fields(&[0x0a, 0x7f, 1], 2, 10), 0);
        assert_eq!(fields(&[0x0a, 1, 0xff, 0x10, 1], 2, 10), 2);
    }
}
