//! Photos sent for a review, by whatever way they come in: in base64, as parts of a GraphQL request, or to `/photos`.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use domain::buyer::Buyer;
use domain::ids::{PhotoId, ReviewId};
use domain::review::{PhotoContent, Review, ReviewCommand, ReviewEvent};
use domain::{Aggregate, Context, Event};
use event_log::{Direction, Position};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::command::Command;
use super::review_commands::{author, order_of};
use crate::commands::{Done, decode};
use crate::photos::{Photos, Received};
use crate::{ApiError, Book};

/// A file in a part of its own of a multipart request.
#[derive(Debug, Clone)]
pub struct Upload(pub Bytes);

// Its value is bytes, which no JSON can write: only the reader of multipart requests puts one there. The library's own
// type takes a text that names a part by its number, and trusts that nobody else writes such a text.
/// A file in a part of its own of a multipart request: null in the operations, and the map says which part it is.
#[Scalar(specified_by_url = "https://github.com/jaydenseric/graphql-multipart-request-spec")]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::Binary(bytes) = value else {
            return Err(InputValueError::custom("a file is sent in a part of a multipart request, and is null here"));
        };
        Ok(Self(bytes))
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::Binary(_))
    }

    fn to_value(&self) -> Value {
        Value::Null
    }
}

/// Photos as GraphQL has them: in base64, and as files.
///
/// # Errors
/// [`ApiError::Input`] for what is no base64.
pub fn received(photos: Option<Vec<String>>, uploads: Option<Vec<Upload>>) -> Result<Vec<Received>, ApiError> {
    let decoded = photos.unwrap_or_default().into_iter().zip(1..).map(|(text, number)| {
        let bytes = BASE64.decode(text.trim()).map_err(|_| {
            ApiError::input("photos", format!("photo {number} is not base64; send its bytes so, or as an upload"))
        })?;
        Ok(Received { field: "photos", bytes: bytes.into() })
    });
    let files = uploads.unwrap_or_default().into_iter().map(|file| Ok(Received { field: "uploads", bytes: file.0 }));
    decoded.chain(files).collect()
}

/// Sends photos of a review.
///
/// What is to be decided is decided first with the photos as they were sent: a photo of a review that is another's, or
/// whose time is over, is neither decoded nor kept. Then they are kept, and only then the event says that they are there;
/// without the event nobody finds them.
///
/// # Errors
/// A refusal, or what the book and the photos' place say.
pub async fn submit(
    command: &Command<'_>,
    photos: &Photos,
    review: ReviewId,
    received: Vec<Received>,
) -> Result<Done, ApiError> {
    let (buyer, book) = (author(command.viewer)?, command.book);
    let (sent, kept) = (&photos.check_sent(received).await?, &OnceCell::new());
    let done = command.execute(review, |state: Review| async move {
        let (order, _) = order_of(book, &state).await?;
        let buyer_state: Buyer = book.load(buyer.0).await?;
        let submit = |photos| {
            let (author, order) = (buyer_state.clone(), Box::new(order.clone()));
            ReviewCommand::SubmitPhotos { review, buyer, author, order, photos }
        };
        let policies = book.policies().await?;
        state.decide(submit(vec![unnamed(); sent.len()]), &Context { now: book.clock().now(), policies: &policies })?;
        let keep = || async { photos.keep(review, &photos.develop(sent).await?).await };
        Ok(submit(kept.get_or_try_init(keep).await?.clone()))
    });
    done.await
}

/// A photo that has not been looked at.
fn unnamed() -> PhotoContent {
    PhotoContent { photo: PhotoId(Uuid::nil()), sha256: String::new(), media_type: String::new() }
}

/// The photos that the command sent whose event stands here.
///
/// # Errors
/// What the book says.
pub async fn sent_at(book: &Book, position: Position) -> Result<Vec<PhotoId>, ApiError> {
    let records = book.log().read_all(Some(position), Direction::Forwards, 1).await?;
    let event = records.first().map(decode).transpose()?;
    Ok(match event {
        Some(Event::Review(ReviewEvent::PhotosSubmitted(submitted))) => submitted.photos,
        // The command's id was that of another command, which it therefore answers.
        Some(_) | None => Vec::new(),
    })
}
