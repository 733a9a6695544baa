//! The bytes of photos, each in a file of its own, sealed with its review's key: when the key is destroyed, so are they.
//!
//! ```text
//! <data>/photos/<photo id>     the review's id (16 bytes), the media type (1 byte), the sealed bytes
//! ```
//!
//! A photo's id is derived from its review and its content, so that sending it again keeps it once and two reviews never
//! share a file.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Aggregate;
use domain::ids::{PhotoId, ReviewId};
use domain::refusal::{Refusal, Refused, Rule, require};
use domain::review::{MAX_PHOTOS, PhotoContent, Review};
use event_log::{LogError, Vault};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::ApiError;

/// The largest photo that is taken.
pub const MAX_PHOTO_BYTES: usize = 5 * 1024 * 1024;

/// What a photo is sealed in, so that its bytes can't stand for an event's.
const CONTEXT: &[u8] = b"photo";

const RULE: Rule = Rule("R-3.1-03");

/// What kind of picture it is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

impl MediaType {
    const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Webp];

    /// Its name, as in `image/jpeg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }
}

/// A photo as it was sent.
#[derive(Debug, Clone)]
pub struct Upload {
    photo: PhotoId,
    sha256: String,
    media_type: MediaType,
    bytes: Arc<[u8]>,
}

impl Upload {
    /// A photo by its bytes; its id is derived from them and from its review.
    ///
    /// # Errors
    /// A refusal when it is too large or no picture.
    pub fn new(review: ReviewId, bytes: Vec<u8>) -> Result<Self, Refusal> {
        let upload = Self::named(PhotoId(Uuid::nil()), bytes)?;
        let photo = PhotoId(Uuid::new_v5(&review.0, format!("photo/{}", upload.sha256).as_bytes()));
        Ok(Self { photo, ..upload })
    }

    /// A photo that has an id already, as in a generated history.
    ///
    /// # Errors
    /// A refusal when it is too large or no picture.
    pub fn named(photo: PhotoId, bytes: Vec<u8>) -> Result<Self, Refusal> {
        require(bytes.len() <= MAX_PHOTO_BYTES, RULE, Refused::Invalid, "photos", || {
            format!("a photo has at most {MAX_PHOTO_BYTES} bytes, not {}; make it smaller", bytes.len())
        })?;
        let media_type = MediaType::of(&bytes).ok_or_else(|| {
            Refusal::new(RULE, Refused::Invalid, "photos", "a photo is JPEG, PNG or WebP; this is none of them")
        })?;
        let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { photo, sha256, media_type, bytes: bytes.into() })
    }

    /// Photos in base64.
    ///
    /// # Errors
    /// A refusal naming what is wrong with them.
    pub fn read_all(review: ReviewId, photos: &[String]) -> Result<Vec<Self>, Refusal> {
        require((1..=MAX_PHOTOS).contains(&photos.len()), RULE, Refused::Invalid, "photos", || {
            format!("a review has 1 to {MAX_PHOTOS} photos, not {}", photos.len())
        })?;
        let read = |text: &String| {
            let bytes = BASE64.decode(text.trim()).map_err(|_| {
                Refusal::new(RULE, Refused::Invalid, "photos", "a photo is sent as its bytes in base64")
            })?;
            Self::new(review, bytes)
        };
        let uploads = photos.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let distinct: std::collections::BTreeSet<_> = uploads.iter().map(|upload| upload.photo).collect();
        require(distinct.len() == uploads.len(), RULE, Refused::Invalid, "photos", || {
            "two of the photos are the same; send each once".to_owned()
        })?;
        Ok(uploads)
    }

    /// What it is, as the event says it.
    #[must_use]
    pub fn content(&self) -> PhotoContent {
        PhotoContent { photo: self.photo, sha256: self.sha256.clone(), media_type: self.media_type.name().to_owned() }
    }
}

/// A photo's bytes, opened.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Whose it is.
    pub review: ReviewId,
    /// What kind of picture.
    pub media_type: MediaType,
    /// The picture; nothing once its review's key is destroyed.
    pub bytes: Option<Vec<u8>>,
}

/// The photos' files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Photos {
    directory: Arc<Path>,
    vault: Arc<Vault>,
}

impl Photos {
    /// The photos in a directory, which is made if it is not there.
    ///
    /// # Errors
    /// I/O errors.
    pub fn open(directory: PathBuf, vault: Arc<Vault>) -> Result<Self, ApiError> {
        fs::create_dir_all(&directory).map_err(ApiError::io("making", &directory))?;
        Ok(Self { directory: directory.into(), vault })
    }

    /// Keeps photos of a review: when this returns, they and the key that opens them are on disk.
    ///
    /// # Errors
    /// What the vault and the disk say.
    pub async fn keep(&self, review: ReviewId, uploads: Vec<Upload>) -> Result<(), ApiError> {
        let photos = self.clone();
        let kept = tokio::task::spawn_blocking(move || photos.keep_all(&[(review, uploads)].into()));
        kept.await.map_err(|_| LogError::Closed)?
    }

    /// As [`Self::keep`], for many reviews; blocks.
    ///
    /// # Errors
    /// As [`Self::keep`].
    pub fn keep_all(&self, uploads: &HashMap<ReviewId, Vec<Upload>>) -> Result<(), ApiError> {
        for (review, uploads) in uploads {
            self.write(*review, uploads)?;
        }
        self.vault.sync()?;
        let directory = File::open(&self.directory).and_then(|directory| directory.sync_all());
        directory.map_err(ApiError::io("syncing", &self.directory))
    }

    fn write(&self, review: ReviewId, uploads: &[Upload]) -> Result<(), ApiError> {
        let subject = Review::stream(review.0);
        for upload in uploads {
            let path = self.path(upload.photo);
            if path.exists() {
                continue;
            }
            let sealed = self.vault.seal(&subject, CONTEXT, &upload.bytes)?;
            // Written beside and renamed, so that a crash leaves no half photo under its name.
            let beside = path.with_extension("new");
            let mut file = File::create(&beside).map_err(ApiError::io("creating", &beside))?;
            let mut header = [0; 17];
            header[..16].copy_from_slice(review.0.as_bytes());
            header[16] = upload.media_type as u8;
            let written = file.write_all(&header).and_then(|()| file.write_all(&sealed));
            written.and_then(|()| file.sync_all()).map_err(ApiError::io("writing", &beside))?;
            fs::rename(&beside, &path).map_err(ApiError::io("naming", &path))?;
        }
        Ok(())
    }

    /// A photo, if there is one with this id.
    ///
    /// # Errors
    /// What the vault and the disk say.
    pub async fn find(&self, photo: PhotoId) -> Result<Option<Stored>, ApiError> {
        let photos = self.clone();
        let found = tokio::task::spawn_blocking(move || photos.find_now(photo));
        found.await.map_err(|_| LogError::Closed)?
    }

    fn find_now(&self, photo: PhotoId) -> Result<Option<Stored>, ApiError> {
        let path = self.path(photo);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ApiError::io("reading", &path)(error)),
        };
        let Some((header, sealed)) = bytes.split_first_chunk::<17>() else { return Ok(None) };
        let (Ok(review), Some(media_type)) =
            (Uuid::from_slice(&header[..16]), MediaType::ALL.get(usize::from(header[16])))
        else {
            return Ok(None);
        };
        let bytes = self.vault.open_sealed(&Review::stream(review), CONTEXT, sealed)?;
        Ok(Some(Stored { review: ReviewId(review), media_type: *media_type, bytes }))
    }

    fn path(&self, photo: PhotoId) -> PathBuf {
        self.directory.join(photo.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event_log::MasterKey;

    const PNG: &[u8] = &[0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 1, 2, 3];

    #[test]
    fn r_3_3_02_a_photo_is_unreadable_once_its_reviews_key_is_destroyed() {
        let directory = tempfile::tempdir().unwrap();
        let vault = Arc::new(Vault::open(directory.path().join("vault"), MasterKey::from_bytes([1; 32])).unwrap());
        let photos = Photos::open(directory.path().join("photos"), Arc::clone(&vault)).unwrap();
        let review = ReviewId(Uuid::from_u128(1));
        let uploads = Upload::read_all(review, &[BASE64.encode(PNG)]).unwrap();
        let photo = uploads[0].content().photo;
        photos.keep_all(&[(review, uploads)].into()).unwrap();
        assert_eq!(photos.find_now(photo).unwrap().unwrap().bytes.as_deref(), Some(PNG));
        let on_disk = fs::read(directory.path().join("photos").join(photo.to_string())).unwrap();
        assert!(!on_disk.windows(PNG.len()).any(|window| window == PNG));
        vault.destroy(&Review::stream(review.0)).unwrap();
        assert_eq!(photos.find_now(photo).unwrap().unwrap().bytes, None);
    }

    #[test]
    fn r_3_1_03_what_is_no_picture_is_refused() {
        let review = ReviewId(Uuid::from_u128(1));
        for bad in [BASE64.encode("GIF89a"), "no base64".to_owned()] {
            assert_eq!(Upload::read_all(review, &[bad]).unwrap_err().field, "photos");
        }
        assert!(Upload::read_all(review, &[]).is_err());
        assert!(Upload::read_all(review, &[BASE64.encode(PNG), BASE64.encode(PNG)]).is_err());
        assert!(Upload::new(review, vec![0xff; MAX_PHOTO_BYTES + 1]).is_err());
    }
}
