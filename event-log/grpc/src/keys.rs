//! The subjects' keys, for the other nodes of the same book.
//!
//! Whoever has a node's token gets opened keys, so nobody comes without one, also where the book is open to everybody. What
//! a node may keep of them, and for how long, is said at [`event_log::KeyService`].

use std::sync::Arc;

use event_log::{KeyService, LogError, SubjectKeys};
use places::Visitor;
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Response, Status};

use crate::authority::{Access, Authority, guard};
use crate::refusal::Refusal;
use crate::wire::keys::keys_server::Keys;
use crate::wire::keys::{Destroyed, OpenedKeys, Subject, Subjects};

/// How many subjects may be asked for at a time: more than any page shows.
pub(crate) const MAX_SUBJECTS: usize = 1_000;
/// The largest question: as many of the longest names.
pub(crate) const MAX_MESSAGE_BYTES: usize = 512 << 10;
/// The trailer that names the subject of a refusal.
pub(crate) const SUBJECT: &str = "subject";

/// The service.
pub(crate) struct Service {
    pub(crate) keys: Arc<dyn KeyService>,
    pub(crate) authority: Arc<dyn Authority>,
}

impl Service {
    fn guard<T>(&self, request: &Request<T>) -> Result<(), Refusal> {
        let visitor = request.extensions().get::<Visitor>();
        visitor.into_iter().for_each(Visitor::greet);
        guard(self.authority.as_ref(), Access::Nothing, request.metadata(), Access::Append)?;
        visitor.into_iter().for_each(Visitor::know);
        Ok(())
    }

    fn subjects<'a>(&self, request: &'a Request<Subjects>) -> Result<Vec<&'a str>, Status> {
        self.guard(request)?;
        let names = &request.get_ref().names;
        if names.len() > MAX_SUBJECTS {
            let message = format!("{} subjects; ask for at most {MAX_SUBJECTS} at a time", names.len());
            return Err(Refusal::invalid("names", message).into());
        }
        Ok(names.iter().map(String::as_str).collect())
    }
}

#[tonic::async_trait]
impl Keys for Service {
    async fn to_seal(&self, request: Request<Subjects>) -> Result<Response<OpenedKeys>, Status> {
        let subjects = self.subjects(&request)?;
        self.keys.keys_to_seal(&subjects).await.as_ref().map(opened).map_err(refused)
    }

    async fn to_open(&self, request: Request<Subjects>) -> Result<Response<OpenedKeys>, Status> {
        let subjects = self.subjects(&request)?;
        self.keys.keys_to_open(&subjects).await.as_ref().map(opened).map_err(refused)
    }

    async fn destroy(&self, request: Request<Subject>) -> Result<Response<Destroyed>, Status> {
        self.guard(&request)?;
        let had_key = self.keys.destroy(&request.get_ref().name).await.as_ref().map_err(refused).copied()?;
        Ok(Response::new(Destroyed { had_key }))
    }
}

fn opened(keys: &SubjectKeys) -> Response<OpenedKeys> {
    let key = |(subject, key): (&str, &event_log::vault::SubjectKey)| {
        (subject.to_owned(), bytes::Bytes::copy_from_slice(key.as_bytes()))
    };
    Response::new(OpenedKeys { keys: keys.iter().map(key).collect() })
}

/// That a subject was forgotten is told apart from what may be tried again.
fn refused(error: &LogError) -> Status {
    let LogError::Sealing { subject, message } = error else { return Refusal::from(error.clone()).into() };
    let mut status = Status::new(Code::FailedPrecondition, message.clone());
    if let Ok(subject) = MetadataValue::try_from(subject.as_str()) {
        status.metadata_mut().insert(SUBJECT, subject);
    }
    status
}
