//! Books shown to EventStoreDB's clients, as a cluster would be.

use std::sync::Arc;

use event_log::{EmbeddedLog, NewEvent, StreamName};
use event_log_grpc::{Access, Admission, Authority, Credentials, Face, Grant, Settings};

struct Everybody;

impl Authority for Everybody {
    fn grant(&self, _: &Credentials) -> Result<Grant, String> {
        Ok(Grant { access: Access::Append, until: None })
    }
}

/// Admits all events but some.
struct AllBut(Box<dyn Fn(&NewEvent) -> bool + Send + Sync>);

impl Admission for AllBut {
    fn admit(&self, _: &StreamName, event: &NewEvent) -> Result<(), String> {
        if (self.0)(event) { Err("unknown here".to_owned()) } else { Ok(()) }
    }
}

/// Shows a book to everybody, who may append to it.
pub async fn shown(book: Arc<EmbeddedLog>) -> Face {
    shown_but(book, |_| false).await
}

/// As [`shown`], but some events are not taken.
pub async fn shown_but(book: Arc<EmbeddedLog>, refused: impl Fn(&NewEvent) -> bool + Send + Sync + 'static) -> Face {
    let settings = Settings { anonymous: Access::Append, ..Settings::new("127.0.0.1:0".parse().unwrap()) };
    Face::start(book, Arc::new(Everybody), Arc::new(AllBut(Box::new(refused))), None, settings).await.unwrap()
}

/// How to reach it.
#[must_use]
pub fn connection(face: &Face) -> String {
    format!("esdb://{}?tls=false", face.address())
}
