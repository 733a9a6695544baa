//! Photos as they were sent, and what is asked of them before a pixel is decoded.
//!
//! A file of a few hundred bytes can claim to be a picture of gigabytes: the header is read first, and what it claims is
//! bounded. How many, how large and what format is asked before that.

use std::io::Cursor;

use bytes::Bytes;
use domain::refusal::{Refusal, Refused, require};
use domain::review::MAX_PHOTOS;
use image::{ImageDecoder, ImageFormat, ImageReader, Limits};

use super::RULE;

/// The largest photo that is taken: twice what a phone makes of 12 million pixels.
pub const MAX_PHOTO_BYTES: usize = 5 * 1024 * 1024;

/// The most pixels: the 24 million of a phone (5,712 × 4,284), and a little more.
const MAX_PIXELS: u64 = 6_144 * 4_096;

/// The most bytes of a photo's decoded pixels: four a pixel, as colour and transparency in 8 bits need.
const MAX_DECODED_BYTES: u64 = MAX_PIXELS * 4;

/// What is taken: what phones and browsers make.
const FORMATS: [ImageFormat; 3] = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP];

/// A photo's bytes as they came in, and by which input.
#[derive(Debug, Clone)]
pub struct Received {
    /// The input, as errors name it.
    pub field: &'static str,
    /// The bytes.
    pub bytes: Bytes,
}

/// A photo whose bytes, format and header are within bounds.
#[derive(Debug, Clone)]
pub struct Sent {
    received: Received,
    /// Which of those sent together, from 1, as errors say it.
    number: usize,
    format: ImageFormat,
}

impl Sent {
    /// Checks all photos of a submission; reads no more of them than their headers.
    ///
    /// # Errors
    /// A refusal that names the input, which of its photos, and the mend.
    pub fn check_all(received: Vec<Received>) -> Result<Vec<Self>, Refusal> {
        let field = received.first().map_or("photos", |first| first.field);
        require((1..=MAX_PHOTOS).contains(&received.len()), RULE, Refused::Invalid, field, || {
            format!("a review has 1 to {MAX_PHOTOS} photos, not {}; send that many", received.len())
        })?;
        received.into_iter().zip(1..).map(|(received, number)| Self::check(received, number)).collect()
    }

    fn check(received: Received, number: usize) -> Result<Self, Refusal> {
        let Received { field, bytes } = &received;
        require(bytes.len() <= MAX_PHOTO_BYTES, RULE, Refused::Invalid, field, || {
            format!(
                "photo {number} has {} bytes, and at most {MAX_PHOTO_BYTES} are taken; make it smaller",
                bytes.len()
            )
        })?;
        let format = image::guess_format(bytes).ok().filter(|format| FORMATS.contains(format)).ok_or_else(|| {
            let why = format!("photo {number} is neither JPEG, PNG nor WebP; save it as one of them");
            Refusal::new(RULE, Refused::Invalid, field, why)
        })?;
        let sent = Self { format, number, received };
        let decoder = sent.decoder()?;
        let ((width, height), decoded) = (decoder.dimensions(), decoder.total_bytes());
        drop(decoder);
        let pixels = u64::from(width) * u64::from(height);
        sent.require((1..=MAX_PIXELS).contains(&pixels), || {
            format!("has {width} × {height} pixels, and 1 to {MAX_PIXELS} are taken; make it smaller")
        })?;
        sent.require(decoded <= MAX_DECODED_BYTES, || {
            format!("takes {decoded} bytes when decoded, and at most {MAX_DECODED_BYTES} are taken; save it with 8 bits a colour")
        })?;
        sent.require(format != ImageFormat::Jpeg || has_end(&sent.received.bytes), || {
            "breaks off before its end; send the whole file".to_owned()
        })?;
        Ok(sent)
    }

    /// What decodes it, its header read and its memory bounded.
    pub(super) fn decoder(&self) -> Result<impl ImageDecoder + '_, Refusal> {
        let mut reader = ImageReader::with_format(Cursor::new(self.received.bytes.as_ref()), self.format);
        let mut limits = Limits::no_limits();
        limits.max_alloc = Some(MAX_DECODED_BYTES);
        reader.limits(limits);
        reader.into_decoder().map_err(|error| self.unreadable(&error))
    }

    /// The refusal of a photo that can't be decoded.
    pub(super) fn unreadable(&self, why: &dyn std::fmt::Display) -> Refusal {
        self.refusal(&format!("can't be decoded ({why}); save it again and send that"))
    }

    /// The refusal of a photo that is the same as one before it.
    pub(super) fn repeated(&self) -> Refusal {
        self.refusal("is the same as one before it; send each once")
    }

    fn require(&self, holds: bool, why: impl FnOnce() -> String) -> Result<(), Refusal> {
        if holds { Ok(()) } else { Err(self.refusal(&why())) }
    }

    fn refusal(&self, why: &str) -> Refusal {
        Refusal::new(RULE, Refused::Invalid, self.received.field, format!("photo {} {why}", self.number))
    }
}

/// Whether a JPEG comes to its end marker. Decoders paint grey what is missing, and nobody wants to show half a photo;
/// what stands after the end, as some phones put a film there, is no fault.
fn has_end(jpeg: &[u8]) -> bool {
    const START: u8 = 0xd8;
    const END: u8 = 0xd9;
    const SCAN: u8 = 0xda;
    const RESTARTS: std::ops::RangeInclusive<u8> = 0xd0..=0xd7;
    let mut rest = jpeg;
    loop {
        match rest {
            [0xff, END, ..] => return true,
            [0xff, 0xff, ..] => rest = &rest[1..],
            [0xff, START, ..] => rest = &rest[2..],
            [0xff, kind, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let Some(after) = rest.get(2 + length..) else { return false };
                rest = after;
                if *kind == SCAN {
                    // Pixels follow, in which 0xff 0x00 stands for 0xff.
                    let marker = |pair: &[u8]| pair[0] == 0xff && pair[1] != 0 && !RESTARTS.contains(&pair[1]);
                    let Some(next) = rest.windows(2).position(marker) else { return false };
                    rest = &rest[next..];
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8]) -> Result<Sent, Refusal> {
        let received = Received { field: "uploads", bytes: Bytes::copy_from_slice(bytes) };
        Ok(Sent::check_all(vec![received])?.remove(0))
    }

    #[test]
    fn r_3_1_03_what_is_no_picture_or_too_much_of_one_is_refused_by_its_input_and_number() {
        for (bad, why) in [
            (&b"GIF89a.........."[..], "JPEG, PNG nor WebP"),
            (b"", "JPEG, PNG nor WebP"),
            (&[0xff, 0xd8, 0xff, 0xe0], "can't be decoded"),
            (&vec![0xff; MAX_PHOTO_BYTES + 1], "make it smaller"),
        ] {
            let refusal = check(bad).unwrap_err();
            assert_eq!(refusal.field, "uploads");
            assert!(refusal.message.starts_with("photo 1 ") && refusal.message.contains(why), "{}", refusal.message);
        }
        assert_eq!(Sent::check_all(Vec::new()).unwrap_err().field, "photos");
    }

    #[test]
    fn a_jpeg_has_an_end_also_with_restarts_padding_and_something_after_it() {
        let jpeg =
            |tail: &[u8]| [&[0xff, 0xd8, 0xff, 0xe0, 0, 3, 0xd9, 0xff, 0xff, 0xda, 0, 2, 1, 0xff, 0], tail].concat();
        assert!(has_end(&jpeg(&[0xff, 0xd1, 7, 0xff, 0xd9])));
        assert!(has_end(&jpeg(&[0xff, 0xd9, 1, 2, 3])));
        assert!(!has_end(&jpeg(&[7])));
        assert!(!has_end(&jpeg(&[0xff])));
        assert!(!has_end(&[0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 1]));
    }
}
