//! A photo that can be shown: only the pixels of what was sent, upright, not too large, as JPEG.
//!
//! Encoding anew is what takes out where it was taken, by whom and with what: a list of metadata to remove would miss the
//! next kind. JPEG for all of them: it is the one format that every reader shows and that keeps photographs small;
//! the drawings that PNG would keep sharper, and the transparent pictures that become white here, are not what buyers
//! photograph. A colour profile goes with the rest: colours wider than the screen's usual ones look a little duller.
//!
//! The same bytes give the same picture: pixels are averaged in whole numbers, and the encoder writes no time or name.

use bytes::Bytes;
use domain::refusal::Refusal;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageError, Rgb, RgbImage, imageops};
use sha2::{Digest, Sha256};

use super::Sent;

/// The longest side of a photo: enough for a screen.
const LONGEST_SIDE: u32 = 2_048;
/// The longest side of a thumbnail: enough for four in a row on a phone.
const THUMBNAIL_SIDE: u32 = 320;
/// JPEG quality, 1 to 100: scratches must be seen.
const QUALITY: u8 = 85;
/// A thumbnail only has to say which photo it is.
const THUMBNAIL_QUALITY: u8 = 75;

/// A photo and its thumbnail, as JPEG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The photo.
    pub photo: Bytes,
    /// The same, small.
    pub thumbnail: Bytes,
}

impl Picture {
    /// Makes it from what was sent. Takes up to about ten bytes of memory a pixel, and a second: not for a thread that
    /// others wait for.
    ///
    /// # Errors
    /// A refusal when it can't be decoded.
    pub fn develop(sent: &Sent) -> Result<Self, Refusal> {
        let pixels = pixels(sent.decoder()?).map_err(|error| sent.unreadable(&error))?;
        Self::of_pixels(&pixels).map_err(|error| sent.unreadable(&error))
    }

    /// One whose JPEG this program made itself, so that there is nothing to take out; it is kept as it is.
    ///
    /// # Errors
    /// That it is no JPEG.
    pub fn made_here(jpeg: Vec<u8>) -> Result<Self, ImageError> {
        let pixels = image::load_from_memory_with_format(&jpeg, image::ImageFormat::Jpeg)?.into_rgb8();
        Ok(Self { photo: jpeg.into(), thumbnail: thumbnail(&pixels)? })
    }

    fn of_pixels(pixels: &RgbImage) -> Result<Self, ImageError> {
        Ok(Self { photo: encoded(pixels, QUALITY)?, thumbnail: thumbnail(pixels)? })
    }

    /// SHA-256 of the photo, hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        format!("{:x}", Sha256::digest(&self.photo))
    }
}

/// The pixels, upright and not too many. They are turned last, when there are fewer of them.
fn pixels(mut decoder: impl ImageDecoder) -> Result<RgbImage, ImageError> {
    let orientation = decoder.orientation()?;
    let whole = on_white(DynamicImage::from_decoder(decoder)?);
    let mut upright = DynamicImage::ImageRgb8(within(LONGEST_SIDE, &whole).unwrap_or(whole));
    upright.apply_orientation(orientation);
    Ok(upright.into_rgb8())
}

/// The picture on white paper: JPEG knows no transparency.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [colours @ .., alpha] = image.get_pixel(x, y).0.map(u32::from);
        // At most 255: a mean of two such numbers, weighted.
        Rgb(colours.map(|colour| ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8))
    })
}

/// The picture made smaller until its longest side is within `side`; none where it is already.
fn within(side: u32, image: &RgbImage) -> Option<RgbImage> {
    let (width, height) = image.dimensions();
    let longest = width.max(height);
    // At least 1, at most `side`.
    let scaled = |length: u32| (u64::from(length) * u64::from(side) / u64::from(longest)).max(1) as u32;
    (longest > side).then(|| imageops::thumbnail(image, scaled(width), scaled(height)))
}

fn thumbnail(pixels: &RgbImage) -> Result<Bytes, ImageError> {
    match within(THUMBNAIL_SIDE, pixels) {
        Some(small) => encoded(&small, THUMBNAIL_QUALITY),
        None => encoded(pixels, THUMBNAIL_QUALITY),
    }
}

fn encoded(pixels: &RgbImage, quality: u8) -> Result<Bytes, ImageError> {
    let mut jpeg = Vec::new();
    pixels.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, quality))?;
    Ok(jpeg.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, Rgba, RgbaImage};
    use std::io::Cursor;

    use crate::photos::Received;

    fn develop(image: &DynamicImage, format: ImageFormat) -> Picture {
        let mut bytes = Vec::new();
        image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        let received = Received { field: "photos", bytes: bytes.into() };
        Picture::develop(&Sent::check_all(vec![received]).unwrap()[0]).unwrap()
    }

    fn size(jpeg: &[u8]) -> (u32, u32) {
        let image = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).unwrap();
        (image.width(), image.height())
    }

    #[test]
    fn a_photo_and_its_thumbnail_are_bounded_and_keep_their_shape() {
        for ((width, height), photo, thumbnail) in [
            ((3_000, 1_500), (2_048, 1_024), (320, 160)),
            ((100, 400), (100, 400), (80, 320)),
            ((20, 10), (20, 10), (20, 10)),
            ((9_000, 1), (2_048, 1), (320, 1)),
        ] {
            let picture = develop(&DynamicImage::new_luma8(width, height), ImageFormat::Png);
            assert_eq!((size(&picture.photo), size(&picture.thumbnail)), (photo, thumbnail));
        }
    }

    #[test]
    fn what_is_transparent_becomes_white() {
        let clear = RgbaImage::from_pixel(8, 8, Rgba([9, 9, 9, 0]));
        for format in [ImageFormat::Png, ImageFormat::WebP] {
            let picture = develop(&DynamicImage::ImageRgba8(clear.clone()), format);
            let shown = image::load_from_memory(&picture.photo).unwrap().into_rgb8();
            assert!(shown.pixels().all(|pixel| pixel.0 == [255; 3]), "{format:?}");
        }
    }

    #[test]
    fn the_same_bytes_give_the_same_picture() {
        let image = DynamicImage::ImageRgb8(RgbImage::from_fn(2_500, 40, |x, y| Rgb([x as u8, y as u8, 7])));
        assert_eq!(develop(&image, ImageFormat::Jpeg), develop(&image, ImageFormat::Jpeg));
    }
}
