//! The book's head and the proofs under it, for whoever wants to be sure that history is what it was. They say nothing of
//! anybody, so that everybody may ask.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use event_log::merkle::{Hash, Head, SignedHead};
use tokio::sync::OnceCell;

use super::platform::{last_position, platform, views};
use super::user_error::query_error;
use crate::ApiError;

/// How far the book has come.
#[derive(Debug, SimpleObject)]
#[graphql(complex, serial)]
pub struct LogHead {
    /// The position of the last event that the views include; -1 before the first.
    position: String,
    /// The moment as of which they stand.
    as_of: DateTime<Utc>,
    #[graphql(skip)]
    signed: OnceCell<SignedHead>,
}

impl LogHead {
    /// As the views stand now.
    #[must_use]
    pub fn now(ctx: &Context<'_>) -> Self {
        let reached = views(ctx).reached;
        Self { position: last_position(reached), as_of: reached.moment(), signed: OnceCell::new() }
    }

    /// Signed when it is first asked for.
    async fn signed(&self, ctx: &Context<'_>) -> Result<&SignedHead> {
        let newest = self.signed.get_or_try_init(|| platform(ctx).heads.newest());
        newest.await.map_err(|error| query_error(error.into()))
    }
}

#[ComplexObject]
impl LogHead {
    /// Of how many events the head is: the newest that is signed, which is a new one where the book has grown.
    async fn size(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.signed(ctx).await?.head.size.to_string())
    }

    /// The root of their hashes (RFC 6962), in base64.
    async fn root(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.signed(ctx).await?.head.root.to_string())
    }

    /// When it was signed.
    async fn signed_at(&self, ctx: &Context<'_>) -> Result<DateTime<Utc>> {
        Ok(self.signed(ctx).await?.head.time)
    }

    /// The key that signed it: its name and the hash of it. See logHeadKeys.
    async fn key(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.signed(ctx).await?.key_id())
    }

    /// The head with its signature, as a C2SP checkpoint: what a witness keeps, and what is verified.
    async fn signature(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.signed(ctx).await?.to_string())
    }
}

/// A head that was signed of the book.
#[derive(Debug, SimpleObject)]
#[graphql(serial)]
pub struct SignedLogHead {
    /// Of how many events.
    size: String,
    /// The root of their hashes (RFC 6962), in base64.
    root: String,
    /// When it was signed.
    signed_at: DateTime<Utc>,
    /// The key that signed it: its name and the hash of it. See logHeadKeys.
    key: String,
}

impl From<SignedHead> for SignedLogHead {
    fn from(signed: SignedHead) -> Self {
        let key = signed.key_id();
        let Head { size, root, time, .. } = signed.head;
        Self { size: size.to_string(), root: root.to_string(), signed_at: time, key }
    }
}

/// That an event stands where it does in the book that a head is of (RFC 9162, 2.1.3).
#[derive(Debug, SimpleObject)]
#[graphql(serial)]
pub struct InclusionProof {
    /// The event's position.
    position: String,
    /// The head's size.
    size: String,
    /// The event's hash, in base64.
    leaf: String,
    /// The hashes that lead from it to the head's root, its neighbour first, in base64.
    path: Vec<String>,
}

/// That the book that a later head is of begins with that of an earlier one (RFC 9162, 2.1.4).
#[derive(Debug, SimpleObject)]
#[graphql(serial)]
pub struct ConsistencyProof {
    /// The earlier head's size.
    from: String,
    /// The later head's size.
    to: String,
    /// The hashes that lead to both roots, in base64.
    path: Vec<String>,
}

/// Queries on heads.
#[derive(Debug, Default)]
pub struct HeadQuery;

#[Object]
impl HeadQuery {
    /// How far the book has come, and its newest signed head.
    #[graphql(complexity = "20 + child_complexity")]
    async fn log_head(&self, ctx: &Context<'_>) -> LogHead {
        LogHead::now(ctx)
    }

    /// The last heads that were signed, the newest first, twenty at most. All that ever were lie beside the book.
    #[graphql(complexity = "20 * child_complexity")]
    async fn recent_log_heads(&self, ctx: &Context<'_>) -> Result<Vec<SignedLogHead>> {
        let heads = platform(ctx).heads.recent().await.map_err(|error| query_error(error.into()))?;
        Ok(heads.into_iter().map(SignedLogHead::from).collect())
    }

    /// The public keys of all that ever signed heads here, the oldest first, as signed notes have them. Whoever verifies has
    /// them from elsewhere too.
    async fn log_head_keys(&self, ctx: &Context<'_>) -> Vec<String> {
        platform(ctx).heads.keys().iter().map(ToString::to_string).collect()
    }

    /// The proof that the event at a position is in the book that the head of this size is of.
    #[graphql(complexity = "20 + child_complexity")]
    async fn inclusion_proof(&self, ctx: &Context<'_>, position: String, size: String) -> Result<InclusionProof> {
        let (at, of) = (number(&position, "position")?, number(&size, "size")?);
        let proof = platform(ctx).heads.inclusion(at, of).await.map_err(|error| query_error(error.into()))?;
        let (leaf, proof) = (proof.0.to_string(), proof.1);
        Ok(InclusionProof { position, size, leaf, path: texts(&proof.path) })
    }

    /// The proof that the book that the head of the size `to` is of begins with that of the size `from`.
    #[graphql(complexity = "20 + child_complexity")]
    async fn consistency_proof(&self, ctx: &Context<'_>, from: String, to: String) -> Result<ConsistencyProof> {
        let (earlier, later) = (number(&from, "from")?, number(&to, "to")?);
        let proof = platform(ctx).heads.consistency(earlier, later).await.map_err(|error| query_error(error.into()))?;
        Ok(ConsistencyProof { from, to, path: texts(&proof.path) })
    }
}

/// A position, a revision, or a count of events.
pub(super) fn number(text: &str, field: &'static str) -> Result<u64> {
    let wrong = || query_error(ApiError::input(field, format!("{text:?} is no whole number, as in \"61865\"")));
    text.parse().map_err(|_| wrong())
}

fn texts(path: &[Hash]) -> Vec<String> {
    path.iter().map(Hash::to_string).collect()
}
