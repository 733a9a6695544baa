//! Pictures as phones and editors leave them: full of what is nobody's business.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};

/// In everything that must not come out again.
pub(crate) const SECRET: &[u8] = b"52.3676N";

/// Red on the left, blue on the right, twice as wide as high.
pub(crate) fn picture(format: ImageFormat) -> Vec<u8> {
    let half = |x| if x < 80 { Rgb([250, 10, 10]) } else { Rgb([10, 10, 250]) };
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_fn(160, 80, |x, _| half(x)).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// What a camera writes: to be turned a quarter to the right, made by whom, and where.
pub(crate) fn exif() -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x03\0".to_vec();
    let mut entry = |tag: u16, kind: u16, count: u32, value: u32| {
        tiff.extend_from_slice(&tag.to_le_bytes());
        tiff.extend_from_slice(&kind.to_le_bytes());
        tiff.extend_from_slice(&count.to_le_bytes());
        tiff.extend_from_slice(&value.to_le_bytes());
    };
    // Make, as text after the directories; orientation; where the directory of places is.
    entry(0x010f, 2, SECRET.len() as u32, 80);
    entry(0x0112, 3, 1, 6);
    entry(0x8825, 4, 1, 50);
    tiff.extend_from_slice(&[0; 4]);
    tiff.extend_from_slice(&1_u16.to_le_bytes());
    // Latitude: degrees, minutes and seconds, as text here, which readers take as well.
    for part in [&2_u16.to_le_bytes()[..], &2_u16.to_le_bytes(), &(SECRET.len() as u32).to_le_bytes()] {
        tiff.extend_from_slice(part);
    }
    tiff.extend_from_slice(&80_u32.to_le_bytes());
    tiff.resize(80, 0);
    tiff.extend_from_slice(SECRET);
    tiff
}

/// A JPEG with EXIF, XMP, a colour profile, a comment, and something after its end.
pub(crate) fn jpeg() -> Vec<u8> {
    let plain = picture(ImageFormat::Jpeg);
    let mut jpeg = plain[..2].to_vec();
    let parts = [
        (0xe1, [&b"Exif\0\0"[..], &exif()].concat()),
        (0xe1, [&b"http://ns.adobe.com/xap/1.0/\0"[..], SECRET].concat()),
        (0xe2, [&b"ICC_PROFILE\0\x01\x01"[..], SECRET].concat()),
        (0xfe, SECRET.to_vec()),
    ];
    for (marker, part) in parts {
        jpeg.extend_from_slice(&[0xff, marker]);
        jpeg.extend_from_slice(&(part.len() as u16 + 2).to_be_bytes());
        jpeg.extend_from_slice(&part);
    }
    jpeg.extend_from_slice(&plain[2..]);
    jpeg.extend_from_slice(SECRET);
    jpeg
}

/// A PNG with texts and EXIF.
pub(crate) fn png() -> Vec<u8> {
    let plain = picture(ImageFormat::Png);
    // The signature and the header come first.
    let mut png = plain[..33].to_vec();
    png.extend(chunk(b"eXIf", &exif()));
    png.extend(chunk(b"tEXt", &[b"Location\0", SECRET].concat()));
    png.extend(chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", SECRET].concat()));
    png.extend_from_slice(&plain[33..]);
    png
}

/// A WebP with EXIF and XMP.
pub(crate) fn webp() -> Vec<u8> {
    let plain = picture(ImageFormat::WebP);
    let part = |name: &[u8; 4], data: &[u8]| {
        let mut part = [&name[..], &(data.len() as u32).to_le_bytes(), data].concat();
        part.resize(part.len().next_multiple_of(2), 0);
        part
    };
    let mut parts = b"WEBP".to_vec();
    // Flags: EXIF and XMP; then width and height, less one.
    parts.extend(part(b"VP8X", &[0x0c, 0, 0, 0, 159, 0, 0, 79, 0, 0]));
    parts.extend_from_slice(&plain[12..]);
    parts.extend(part(b"EXIF", &exif()));
    parts.extend(part(b"XMP ", SECRET));
    part(b"RIFF", &parts)
}

/// Files of a few hundred bytes that claim to be pictures of hundreds of millions of pixels.
pub(crate) fn bombs() -> [Vec<u8>; 3] {
    let mut png = picture(ImageFormat::Png)[..8].to_vec();
    png.extend(chunk(b"IHDR", &[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 8, 2, 0, 0, 0]));
    png.extend(chunk(b"IDAT", &[0x78, 0x9c, 0x63, 0, 0, 0, 1, 0, 1]));
    png.extend(chunk(b"IEND", &[]));
    let mut jpeg = picture(ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    let mut webp = picture(ImageFormat::WebP);
    // Fourteen bits each for width and height, less one, after the lossless format's first byte.
    let at = webp.windows(4).position(|name| name == b"VP8L").unwrap() + 9;
    webp[at..at + 4].copy_from_slice(&0x0fff_ffff_u32.to_le_bytes());
    [png, jpeg, webp]
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [&name[..], data].concat();
    [&(data.len() as u32).to_be_bytes()[..], &named, &crc32(&named).to_be_bytes()].concat()
}

/// The checksum of PNG, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}
