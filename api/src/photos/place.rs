//! Where photos are kept: a directory, or a bucket of S3 or of what speaks as it does.

use std::fs;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, RetryConfig};

use crate::ApiError;
use crate::tls::use_ring;

/// How often a request to a bucket is tried again, and for how long: a buyer waits for the answer.
const RETRIES: usize = 3;
/// See [`RETRIES`].
const RETRYING: Duration = Duration::from_secs(10);

/// Where photos are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A directory, which is made if it is not there.
    Directory(PathBuf),
    /// A bucket, which must be there. Its region, its keys and another endpoint than Amazon's come from the environment,
    /// by the names that all S3 clients use: `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_ENDPOINT_URL`, and `AWS_ALLOW_HTTP` for an endpoint without TLS.
    Bucket {
        /// Its name.
        name: String,
        /// What stands before the photos' names in it; may be empty.
        prefix: String,
    },
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(Self::Directory(text.into())) };
        match scheme {
            "file" if rest.starts_with('/') => Ok(Self::Directory(rest.into())),
            "s3" => {
                let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                if name.is_empty() {
                    return Err("name the bucket, as in s3://bucket/prefix".to_owned());
                }
                Ok(Self::Bucket { name: name.to_owned(), prefix: prefix.to_owned() })
            }
            _ => Err(format!("photos are kept in a path, file:///path or s3://bucket/prefix, not in {scheme}://")),
        }
    }
}

impl Place {
    /// Opens it. What is written to a directory is on disk when its writing returns.
    pub(super) fn open(&self) -> Result<Arc<dyn ObjectStore>, ApiError> {
        match self {
            Self::Directory(directory) => {
                fs::create_dir_all(directory).map_err(ApiError::io("making", directory))?;
                Ok(Arc::new(LocalFileSystem::new_with_prefix(directory)?.with_fsync(true)))
            }
            Self::Bucket { name, prefix } => bucket(AmazonS3Builder::from_env().with_bucket_name(name), prefix),
        }
    }
}

/// Opens a bucket. What is written to it is where its owner keeps it when its writing returns.
pub(super) fn bucket(bucket: AmazonS3Builder, prefix: &str) -> Result<Arc<dyn ObjectStore>, ApiError> {
    use_ring();
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRYING, ..RetryConfig::default() };
    Ok(Arc::new(PrefixStore::new(bucket.with_retry(retry).build()?, Path::from(prefix))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_path_or_a_url_and_nothing_else() {
        let bucket = |name: &str, prefix: &str| Ok(Place::Bucket { name: name.into(), prefix: prefix.into() });
        assert_eq!("photos".parse(), Ok(Place::Directory("photos".into())));
        assert_eq!("file:///srv/photos".parse(), Ok(Place::Directory("/srv/photos".into())));
        assert_eq!("s3://market".parse(), bucket("market", ""));
        assert_eq!("s3://market/photos/eu".parse(), bucket("market", "photos/eu"));
        for bad in ["s3:///photos", "https://example.eu", "file://photos"] {
            assert!(bad.parse::<Place>().is_err(), "{bad}");
        }
    }
}
