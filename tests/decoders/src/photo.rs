//! Photos, as buyers send them.

use api::photos::{Picture, Received, Sent};
use bytes::Bytes;

/// One photo.
pub fn photo(input: &[u8]) {
    let received = Received { field: "photos", bytes: Bytes::copy_from_slice(input) };
    let Ok(sent) = Sent::check_all(vec![received]) else { return };
    let Ok(picture) = Picture::develop(&sent[0]) else { return };
    for (jpeg, side) in [(&picture.photo, 2_048), (&picture.thumbnail, 320)] {
        let (width, height) = size(jpeg);
        assert!((1..=side).contains(&width) && (1..=side).contains(&height), "{width} × {height}");
        Picture::made_here(jpeg.to_vec()).expect("what was made can be shown");
    }
}

/// A JPEG's width and height, by its frame's header.
fn size(jpeg: &[u8]) -> (u16, u16) {
    let mut rest = &jpeg[2..];
    loop {
        let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        if matches!(rest[1], 0xc0..=0xc2) {
            let side = |at: usize| u16::from_be_bytes([rest[at], rest[at + 1]]);
            return (side(7), side(5));
        }
        rest = &rest[2 + length..];
    }
}
