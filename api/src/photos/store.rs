//! Where pictures lie: sealed, each in an object of its own.
//!
//! ```text
//! <place>/<photo id>              the review's id (16 bytes), the sealed photo
//!         <photo id>.thumbnail    the same of its thumbnail
//! ```
//!
//! A photo is named after its content, so that sending it again keeps it once: its id is the picture's fingerprint under
//! its review's key ([`Vault::fingerprint`]). A plain hash would do that too, and would tell more than it should: who has
//! a picture could look whether anybody sent it, equal pictures of two buyers would show that the two are one, and the
//! id, which stands in the book in the clear, would answer both even after the photo is erased. The hash of the sealed
//! bytes tells nothing, but is another one each time that the same picture is sealed. The length would tell as well:
//! what is sealed is first filled up to one of few lengths.
//!
//! A sealed object opens only under its own name and as what it is, so that whoever can write the place can lose photos
//! but not show one for another.
//!
//! When a review's key is destroyed its objects are noise, wherever copies of them are. They are removed all the same:
//! nobody needs noise, and a place that is emptied is proof to whoever asks.

use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use domain::Aggregate;
use domain::ids::{PhotoId, ReviewId};
use domain::review::{PhotoContent, Review};
use event_log::{KeyService, LogError, SubjectKeys};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use uuid::{Builder, Uuid};

use super::{MEDIA_TYPE, Picture, Place, Received, Sent};
use crate::ApiError;

/// How many photos are decoded at a time: each may need a quarter of a gigabyte.
const DECODED_AT_ONCE: usize = 2;

/// What fingerprints are of.
const CONTENT: &[u8] = b"photo";

/// The bytes of a review's id before the sealed ones.
const REVIEW_BYTES: usize = 16;

/// The bytes of a picture's length before it, sealed with it.
const LENGTH_BYTES: usize = 4;

/// Which of a photo's two objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// The photo.
    Whole,
    /// Its thumbnail.
    Thumbnail,
}

impl Size {
    fn object(self, photo: PhotoId) -> Path {
        match self {
            Self::Whole => Path::from(photo.to_string()),
            Self::Thumbnail => Path::from(format!("{photo}.thumbnail")),
        }
    }
}

/// A photo's bytes, opened.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Whose it is.
    pub review: ReviewId,
    /// The picture; nothing once its review's key is destroyed.
    pub bytes: Option<Bytes>,
}

/// The photos. Cheap to clone.
#[derive(Clone)]
pub struct Photos {
    objects: Arc<dyn ObjectStore>,
    keys: Arc<dyn KeyService>,
    decoders: Arc<Semaphore>,
}

impl fmt::Debug for Photos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Photos({})", self.objects)
    }
}

impl Photos {
    /// The photos in a place.
    ///
    /// # Errors
    /// That the place can't be made or what is known of it does not do.
    pub fn open(place: &Place, keys: Arc<dyn KeyService>) -> Result<Self, ApiError> {
        Ok(Self::of(place.open()?, keys))
    }

    fn of(objects: Arc<dyn ObjectStore>, keys: Arc<dyn KeyService>) -> Self {
        Self { objects, keys, decoders: Arc::new(Semaphore::new(DECODED_AT_ONCE)) }
    }

    /// Asks the place what is in it, so that a wrong bucket or key is found before a buyer finds it.
    ///
    /// # Errors
    /// What the place says.
    pub async fn check(&self) -> Result<(), ApiError> {
        self.objects.list(None).try_next().await?;
        Ok(())
    }

    /// Checks what was received, reading no more than headers.
    ///
    /// # Errors
    /// A refusal, as [`Sent::check_all`] has it.
    pub async fn check_sent(&self, received: Vec<Received>) -> Result<Vec<Sent>, ApiError> {
        let checked = spawn_blocking(move || Sent::check_all(received)).await;
        Ok(checked.map_err(|_| LogError::Closed)??)
    }

    /// Makes pictures of what was sent.
    ///
    /// # Errors
    /// A refusal of what can't be decoded, or of two that are the same.
    pub async fn develop(&self, sent: &[Sent]) -> Result<Vec<Picture>, ApiError> {
        let mut pictures = Vec::with_capacity(sent.len());
        for sent in sent {
            // The semaphore is never closed. The permit goes along, so that it also counts what nobody waits for any more.
            let permit = Arc::clone(&self.decoders).acquire_owned().await.map_err(|_| LogError::Closed)?;
            let photo = sent.clone();
            let developed = spawn_blocking(move || {
                let developed = Picture::develop(&photo);
                drop(permit);
                developed
            });
            // A decoder that panics is a decoder's fault that only these bytes bring out.
            let picture = developed.await.map_err(|_| sent.unreadable(&"the decoder failed on it"))??;
            if pictures.contains(&picture) {
                return Err(sent.repeated().into());
            }
            pictures.push(picture);
        }
        Ok(pictures)
    }

    /// Keeps pictures of a review under the names that their content gives: when this returns, they and the key that
    /// opens them are durable.
    ///
    /// # Errors
    /// What whoever keeps the keys and the place say.
    pub async fn keep(&self, review: ReviewId, pictures: &[Picture]) -> Result<Vec<PhotoContent>, ApiError> {
        let (keys, subject) = self.keys_to_seal(review).await?;
        let pictures = pictures.to_vec();
        let named = spawn_blocking(move || -> Result<Vec<(PhotoId, Picture)>, LogError> {
            let name = |picture: Picture| {
                let fingerprint = keys.fingerprint(&subject, CONTENT, &picture.photo)?;
                // The first half of it: enough for the few photos of one review.
                let (half, _) = fingerprint.split_first_chunk().unwrap_or((&[0; 16], &[]));
                Ok((PhotoId(Builder::from_custom_bytes(*half).into_uuid()), picture))
            };
            pictures.into_iter().map(name).collect()
        });
        let named = named.await.map_err(|_| LogError::Closed)??;
        let content = |(photo, picture): &(PhotoId, Picture)| PhotoContent {
            photo: *photo,
            sha256: picture.sha256(),
            media_type: MEDIA_TYPE.to_owned(),
        };
        let contents = named.iter().map(content).collect();
        for (photo, picture) in named {
            self.keep_named(review, photo, picture).await?;
        }
        Ok(contents)
    }

    /// Keeps a picture that has a name already, as in a generated history.
    ///
    /// # Errors
    /// As [`Self::keep`].
    pub async fn keep_named(&self, review: ReviewId, photo: PhotoId, picture: Picture) -> Result<(), ApiError> {
        let (keys, subject) = self.keys_to_seal(review).await?;
        let sealed = spawn_blocking(move || -> Result<[(Size, Bytes); 2], LogError> {
            let seal = |size: Size, bytes: &Bytes| {
                let sealed = keys.seal(&subject, context(photo, size).as_bytes(), &filled(bytes))?;
                let mut object = BytesMut::with_capacity(REVIEW_BYTES + sealed.len());
                object.extend_from_slice(review.0.as_bytes());
                object.extend_from_slice(&sealed);
                Ok::<_, LogError>((size, object.freeze()))
            };
            Ok([seal(Size::Whole, &picture.photo)?, seal(Size::Thumbnail, &picture.thumbnail)?])
        });
        // Where they are already, the same pictures are written over them.
        for (size, object) in sealed.await.map_err(|_| LogError::Closed)?? {
            self.objects.put(&size.object(photo), object.into()).await?;
        }
        Ok(())
    }

    /// Removes photos; those that are gone already are no matter.
    ///
    /// # Errors
    /// What the place says.
    pub async fn remove(&self, photos: &[PhotoId]) -> Result<(), ApiError> {
        for photo in photos {
            for size in [Size::Whole, Size::Thumbnail] {
                match self.objects.delete(&size.object(*photo)).await {
                    Ok(()) | Err(Error::NotFound { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// A photo, if there is one with this id.
    ///
    /// # Errors
    /// What whoever keeps the keys and the place say.
    pub async fn find(&self, photo: PhotoId, size: Size) -> Result<Option<Stored>, ApiError> {
        let object = match self.objects.get(&size.object(photo)).await {
            Ok(found) => found.bytes().await?,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some((review, sealed)) = object.split_first_chunk::<REVIEW_BYTES>() else { return Ok(None) };
        let (review, sealed) = (ReviewId(Uuid::from_bytes(*review)), object.slice_ref(sealed));
        let subject = Review::stream(review.0);
        let keys = self.keys.keys_to_open(&[&subject]).await?;
        let opened = spawn_blocking(move || keys.open_sealed(&subject, context(photo, size).as_bytes(), &sealed));
        let opened = opened.await.map_err(|_| LogError::Closed)??;
        Ok(Some(Stored { review, bytes: opened.and_then(emptied) }))
    }

    async fn keys_to_seal(&self, review: ReviewId) -> Result<(SubjectKeys, String), LogError> {
        let subject = Review::stream(review.0);
        Ok((self.keys.keys_to_seal(&[&subject]).await?, subject))
    }
}

/// What an object is sealed in.
fn context(photo: PhotoId, size: Size) -> String {
    size.object(photo).to_string()
}

/// A picture behind its length, filled up with zeros.
fn filled(picture: &[u8]) -> Vec<u8> {
    // A photo's bytes are bounded far below 4 GiB by its pixels.
    let mut filled = (picture.len() as u32).to_be_bytes().to_vec();
    filled.extend_from_slice(picture);
    filled.resize(filled_length(filled.len()), 0);
    filled
}

/// The picture out of what [`filled`] gave.
fn emptied(filled: Vec<u8>) -> Option<Bytes> {
    let length = u32::from_be_bytes(*filled.first_chunk::<LENGTH_BYTES>()?) as usize;
    let filled = Bytes::from(filled);
    (LENGTH_BYTES + length <= filled.len()).then(|| filled.slice(LENGTH_BYTES..LENGTH_BYTES + length))
}

/// The next length of those that Padmé allows ("Reducing Metadata Leakage from Encrypted Files and Communication with
/// PURBs", 2019): at most an eighth longer, and some hundreds of lengths for everything below a gigabyte.
fn filled_length(length: usize) -> usize {
    let Some(exponent) = length.checked_ilog2().filter(|exponent| *exponent > 0) else { return length };
    let zeros = exponent - (exponent.ilog2() + 1).min(exponent);
    length.next_multiple_of(1 << zeros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::{FromRequest, Request};
    use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
    use event_log::{MasterKey, OwnKeys, Vault};
    use object_store::aws::AmazonS3Builder;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    use crate::photos::place;

    const REVIEW: ReviewId = ReviewId(Uuid::from_u128(1));
    const OTHER: ReviewId = ReviewId(Uuid::from_u128(2));

    fn picture() -> Picture {
        Picture { photo: Bytes::from_static(b"the pixels of a photo"), thumbnail: Bytes::from_static(b"few pixels") }
    }

    fn keys(directory: &std::path::Path) -> Arc<dyn KeyService> {
        let vault = Vault::open(directory.join("vault"), MasterKey::from_bytes([1; 32])).unwrap();
        Arc::new(OwnKeys(Arc::new(vault)))
    }

    fn open(directory: &std::path::Path) -> Photos {
        Photos::open(&Place::Directory(directory.join("photos")), keys(directory)).unwrap()
    }

    /// A bucket named `market`: as much of S3 as is asked of it, over a real socket. Gives its address and what is in it.
    async fn bucket() -> (String, Arc<Mutex<BTreeMap<String, Bytes>>>) {
        let objects = Arc::<Mutex<BTreeMap<String, Bytes>>>::default();
        let shared = Arc::clone(&objects);
        let answer = move |request: Request| async move {
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            if !request.headers().contains_key("authorization") || !path.starts_with("/market") {
                return (StatusCode::FORBIDDEN, HeaderMap::new(), Bytes::new());
            }
            let body = Bytes::from_request(request, &()).await.unwrap();
            let headers = HeaderMap::from_iter([
                (header::ETAG, HeaderValue::from_static("\"1\"")),
                (header::LAST_MODIFIED, HeaderValue::from_static("Wed, 01 Jul 2026 12:00:00 GMT")),
            ]);
            let mut objects = shared.lock().unwrap();
            match (method.as_str(), path.as_str()) {
                ("PUT", _) => {
                    objects.insert(path, body);
                    (StatusCode::OK, headers, Bytes::new())
                }
                ("GET", "/market") => {
                    (StatusCode::OK, headers, Bytes::from_static(b"<ListBucketResult></ListBucketResult>"))
                }
                ("GET", _) => match objects.get(&path) {
                    Some(object) => (StatusCode::OK, headers, object.clone()),
                    None => (StatusCode::NOT_FOUND, headers, Bytes::new()),
                },
                // Objects are deleted by the names in a list.
                ("POST", "/market") => {
                    let list = String::from_utf8_lossy(&body);
                    let names = list.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
                    let deleted: String = names
                        .inspect(|name| drop(objects.remove(&format!("/market/{name}"))))
                        .map(|name| format!("<Deleted><Key>{name}</Key></Deleted>"))
                        .collect();
                    (StatusCode::OK, headers, Bytes::from(format!("<DeleteResult>{deleted}</DeleteResult>")))
                }
                _ => (StatusCode::METHOD_NOT_ALLOWED, headers, Bytes::new()),
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = axum::Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (address, objects)
    }

    #[tokio::test]
    async fn photos_in_a_bucket_are_found_again_and_lie_there_sealed() {
        let directory = tempfile::tempdir().unwrap();
        let (endpoint, objects) = bucket().await;
        let open = |name| {
            let builder =
                AmazonS3Builder::new().with_endpoint(&endpoint).with_allow_http(true).with_region("eu-west-1");
            builder.with_access_key_id("key").with_secret_access_key("secret").with_bucket_name(name)
        };
        let keys = keys(directory.path());
        let elsewhere = Photos::of(place::bucket(open("elsewhere"), "photos/eu").unwrap(), Arc::clone(&keys));
        assert!(elsewhere.check().await.is_err());
        let photos = Photos::of(place::bucket(open("market"), "photos/eu").unwrap(), keys);
        photos.check().await.unwrap();
        let photo = photos.keep(REVIEW, &[picture()]).await.unwrap()[0].photo;
        assert_eq!(photos.find(photo, Size::Whole).await.unwrap().unwrap().bytes, Some(picture().photo));
        assert!(photos.find(PhotoId(REVIEW.0), Size::Whole).await.unwrap().is_none());
        let stored = objects.lock().unwrap().clone();
        let names: Vec<_> = stored.keys().map(String::as_str).collect();
        assert_eq!(names, [format!("/market/photos/eu/{photo}"), format!("/market/photos/eu/{photo}.thumbnail")]);
        let sealed =
            |object: &Bytes| !object.windows(10).any(|window| window == b"few pixels" || window == b"the pixels");
        assert!(stored.values().all(sealed));
        photos.remove(&[photo]).await.unwrap();
        assert!(objects.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn r_3_3_02_a_photo_is_unreadable_once_its_reviews_key_is_destroyed() {
        let directory = tempfile::tempdir().unwrap();
        let photos = open(directory.path());
        let photo = photos.keep(REVIEW, &[picture()]).await.unwrap()[0].photo;
        for (size, bytes) in [(Size::Whole, picture().photo), (Size::Thumbnail, picture().thumbnail)] {
            assert_eq!(photos.find(photo, size).await.unwrap().unwrap().bytes, Some(bytes));
        }
        photos.keys.destroy(&Review::stream(REVIEW.0)).await.unwrap();
        for size in [Size::Whole, Size::Thumbnail] {
            assert_eq!(photos.find(photo, size).await.unwrap().unwrap().bytes, None);
        }
        assert!(photos.keep(REVIEW, &[picture()]).await.is_err());
        for _ in 0..2 {
            photos.remove(&[photo]).await.unwrap();
            assert!(photos.find(photo, Size::Whole).await.unwrap().is_none());
            assert_eq!(std::fs::read_dir(directory.path().join("photos")).unwrap().count(), 0);
        }
    }

    #[tokio::test]
    async fn equal_photos_of_two_reviews_have_nothing_in_common_and_of_one_review_are_one() {
        let directory = tempfile::tempdir().unwrap();
        let photos = open(directory.path());
        let mine = photos.keep(REVIEW, &[picture()]).await.unwrap();
        assert_eq!(photos.keep(REVIEW, &[picture()]).await.unwrap(), mine);
        assert_ne!(photos.keep(OTHER, &[picture()]).await.unwrap()[0].photo, mine[0].photo);
        assert_eq!(std::fs::read_dir(directory.path().join("photos")).unwrap().count(), 4);
    }

    #[tokio::test]
    async fn an_object_under_anothers_name_does_not_open() {
        let directory = tempfile::tempdir().unwrap();
        let photos = open(directory.path());
        let photo = photos.keep(REVIEW, &[picture()]).await.unwrap()[0].photo;
        photos.objects.copy(&Size::Thumbnail.object(photo), &Size::Whole.object(photo)).await.unwrap();
        assert!(photos.find(photo, Size::Whole).await.is_err());
    }

    #[test]
    fn lengths_are_filled_up_to_few_and_give_the_picture_back() {
        let lengths: std::collections::BTreeSet<_> = (300_000..600_000).map(filled_length).collect();
        assert!(lengths.len() < 50, "{}", lengths.len());
        for length in (0..70).chain([1_000, 4_095, 300_001]) {
            assert!(filled_length(length) >= length && filled_length(length) <= length + length / 8 + 1, "{length}");
            let picture = vec![7; length];
            assert_eq!(emptied(filled(&picture)).as_deref(), Some(&picture[..]));
        }
        assert_eq!(emptied(vec![0, 0, 0, 9, 1]), None);
    }
}
