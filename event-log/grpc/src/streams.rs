//! The calls of the service Streams, as they come through the [gate](crate::gate), and as many at a time as memory allows.

use std::sync::Arc;
use std::time::Duration;

use event_log::EventLog;
use futures::stream::{BoxStream, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;
use tonic::{Request, Response, Status, Streaming};

use crate::admission::Admission;
use crate::append::append;
use crate::authority::Grant;
use crate::batch_append::{Arriving, WRITE_TIMEOUT, append_batches};
use crate::ending::{end, ending};
use crate::intake::Charges;
use crate::limits::{MAX_APPENDING, MAX_READING};
use crate::query::{Extent, Query, Source};
use crate::reading::{Answers, not_found, read_all, read_stream};
use crate::refusal::Refusal;
use crate::subscribing::{follow_all, follow_stream};
use crate::wire::streams::streams_server::Streams;
use crate::wire::streams::{
    AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq, ReadResp, TombstoneReq,
    TombstoneResp,
};

/// The service.
pub(crate) struct Service {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) admission: Arc<dyn Admission>,
    /// How long a message may take to arrive, and all of an append.
    pub(crate) arriving: Duration,
    pub(crate) stop: watch::Receiver<bool>,
    places: Places,
}

/// Places for calls.
struct Places {
    reading: Arc<Semaphore>,
    appending: Arc<Semaphore>,
}

impl Service {
    pub(crate) fn new(
        log: Arc<dyn EventLog>,
        admission: Arc<dyn Admission>,
        arriving: Duration,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let places = Places {
            reading: Arc::new(Semaphore::new(MAX_READING)),
            appending: Arc::new(Semaphore::new(MAX_APPENDING)),
        };
        Self { log, admission, arriving, stop, places }
    }

    async fn answers(&self, query: Query, grant: Grant) -> Result<Answers, Refusal> {
        let Query { source, extent, ids, tells_end } = query;
        let log = Arc::clone(&self.log);
        match (source, extent) {
            (Source::All { from, filter }, Extent::AtMost { count, direction }) => {
                read_all(log, from, direction, count, filter, ids).await
            }
            (Source::Stream { name: Some(stream), from, .. }, Extent::AtMost { count, direction }) => {
                read_stream(log, stream, from, direction, count, ids, tells_end).await
            }
            (Source::Stream { name: None, identifier, .. }, Extent::AtMost { .. }) => Ok(not_found(identifier)),
            (Source::All { from, filter }, Extent::Following) => {
                let answers = follow_all(log.as_ref(), from, filter, ids).await?;
                Ok(ending(answers, self.stop.clone(), grant.until))
            }
            (Source::Stream { name: Some(stream), from, .. }, Extent::Following) => {
                let answers = follow_stream(log, stream, from, ids).await?;
                Ok(ending(answers, self.stop.clone(), grant.until))
            }
            (Source::Stream { name: None, identifier, .. }, Extent::Following) => {
                let name = identifier.shown();
                Err(Refusal::invalid(
                    "stream_identifier",
                    format!("{name:?} is no name that a stream of this book has"),
                ))
            }
        }
    }
}

#[tonic::async_trait]
impl Streams for Service {
    type ReadStream = BoxStream<'static, Result<ReadResp, Status>>;
    type BatchAppendStream = BoxStream<'static, Result<BatchAppendResp, Status>>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        let grant = granted(&request)?;
        let place = place(&self.places.reading)?;
        let query = Query::read(request.into_inner().options)?;
        Ok(Response::new(holding(place, self.answers(query, grant).await?)))
    }

    async fn append(&self, request: Request<Streaming<AppendReq>>) -> Result<Response<AppendResp>, Status> {
        granted(&request)?;
        let _place = place(&self.places.appending)?;
        let appended = append(self.log.as_ref(), self.admission.as_ref(), request.into_inner());
        match timeout(WRITE_TIMEOUT, appended).await {
            Ok(appended) => appended.map(Response::new),
            Err(_) => Err(Refusal::Timeout.into()),
        }
    }

    async fn batch_append(
        &self,
        request: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        let grant = granted(&request)?;
        let place = place(&self.places.appending)?;
        let end = end(self.stop.clone(), grant.until);
        let charges = request.extensions().get::<Charges>().cloned().unwrap_or_default();
        let arriving = Arriving { messages: request.into_inner(), charges, patience: self.arriving };
        let answers = append_batches(Arc::clone(&self.log), Arc::clone(&self.admission), arriving, end);
        Ok(Response::new(holding(place, answers)))
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        granted(&request)?;
        Err(immutable().into())
    }

    async fn tombstone(&self, request: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        granted(&request)?;
        Err(immutable().into())
    }
}

/// What the gate let the call in with.
fn granted<T>(request: &Request<T>) -> Result<Grant, Refusal> {
    let grant = request.extensions().get::<Grant>().copied();
    grant.ok_or_else(|| Refusal::AccessDenied("this call has come by another way than the gate".to_owned()))
}

fn immutable() -> Refusal {
    Refusal::AccessDenied("nobody deletes from this book: it is immutable; personal data goes with its key".to_owned())
}

fn place(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Refusal> {
    Arc::clone(places).try_acquire_owned().map_err(|_| Refusal::Busy)
}

/// Answers that keep their place until they are done or the client is gone.
fn holding<T: Send + 'static>(
    place: OwnedSemaphorePermit,
    answers: BoxStream<'static, Result<T, Status>>,
) -> BoxStream<'static, Result<T, Status>> {
    answers
        .map(move |answer| {
            let _held = &place;
            answer
        })
        .boxed()
}
