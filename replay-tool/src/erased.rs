//! `erased SUBJECT`: what is left of somebody who was forgotten, as an auditor sees it (R-3.3-02).
//!
//! The book keeps the events, sealed: ciphertext without a key. What must be gone is the key, and the photos. Where the two
//! do not agree with the book, the check has found something.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::EventKind;
use domain::event::Event;
use domain::ids::PhotoId;
use domain::metadata::Metadata;
use domain::review::ReviewEvent;
use domain::sealed::{Sealed, Subject};
use domain::subject::SubjectState;
use event_log::{Position, Recorded};
use projections::view::Happened;
use serde_json::{Value, json};

use crate::Outcome;
use crate::book::{self, Data};
use crate::error::ToolError;
use crate::events::Events;
use crate::output::say;
use crate::sealed;

/// What the vault says of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Destroyed,
    There,
    Never,
    /// The vault or its master key is not here: another node keeps the keys.
    NotAtHand,
}

impl Key {
    const fn words(self) -> &'static str {
        match self {
            Self::Destroyed => "destroyed; it never gets another",
            Self::There => "there: what is sealed for it can be opened",
            Self::Never => "never made",
            Self::NotAtHand => "not at hand: the vault or its master key is not in this data directory",
        }
    }
}

/// An event, as far as it matters here.
struct Seen {
    position: Position,
    event_type: String,
    at: DateTime<Utc>,
    who: String,
    /// How many bytes are sealed in it for the subject.
    sealed: Vec<usize>,
}

#[derive(Default)]
struct Found {
    sealed: Vec<Seen>,
    asked: Option<Seen>,
    /// That a legal hold keeps it, or kept it for a while.
    deferred: Option<Seen>,
    recorded: Option<Seen>,
    photos: Vec<PhotoId>,
}

pub(crate) fn run(data: &Data, subject: &str, as_json: bool) -> Result<Outcome, ToolError> {
    let log = book::log(data)?;
    let mut found = Found::default();
    let destruction = SubjectState::stream_of(&Subject(subject.to_owned()));
    for event in Events::all(log.as_ref()) {
        found.look(&event?, subject, &destruction)?;
    }
    let key = match data.open_vault_read_only()? {
        None => Key::NotAtHand,
        Some(vault) if vault.is_destroyed(subject) => Key::Destroyed,
        Some(vault) => match vault.keys_to_open(&[subject])?.iter().next() {
            Some(_) => Key::There,
            None => Key::Never,
        },
    };
    if found.sealed.is_empty() && found.asked.is_none() && key != Key::Destroyed {
        return Err(ToolError::Usage(format!(
            "nothing in the book is sealed for {subject}; a subject is named as its stream, as in review-7f0c… or buyer-5f1c…"
        )));
    }
    let left: Vec<PhotoId> = found.photos.iter().copied().filter(|photo| is_there(&data.photos(), *photo)).collect();
    let is_forgotten = found.recorded.is_some();
    let differs = is_forgotten && (key == Key::There || !left.is_empty());
    if as_json {
        say!("{}", found.json(subject, key, &left));
    } else {
        found.print(subject, key, &left);
    }
    if differs {
        eprintln!("replay-tool: the book says that {subject} was forgotten, but not everything is gone");
        return Ok(Outcome::Found);
    }
    Ok(Outcome::Good)
}

impl Found {
    fn look(&mut self, event: &Recorded, subject: &str, destruction: &str) -> Result<(), ToolError> {
        let (stream, kind) = (event.stream.as_str(), EventKind::from_name(&event.event_type));
        if stream == destruction {
            match kind {
                Some(kind @ EventKind::SubjectKeyDestroyed) => {
                    Happened::read(kind, event)?;
                    self.recorded = Some(Seen::of(event, Vec::new()));
                }
                Some(kind @ EventKind::ErasureDeferred) => {
                    Happened::read(kind, event)?;
                    self.deferred = Some(Seen::of(event, Vec::new()));
                }
                Some(_) | None => {}
            }
            return Ok(());
        }
        if stream == subject {
            match kind {
                Some(EventKind::ReviewWithdrawn | EventKind::BuyerErasureRequested) => {
                    self.asked = Some(Seen::of(event, Vec::new()));
                }
                Some(kind @ EventKind::PhotosSubmitted) => {
                    if let Event::Review(ReviewEvent::PhotosSubmitted(sent)) = Happened::read(kind, event)?.event {
                        self.photos.extend(sent.photos);
                    }
                }
                Some(_) | None => {}
            }
        }
        // Most events have nothing sealed, and need not be read.
        if !event.data.windows(subject.len()).any(|part| part == subject.as_bytes()) {
            return Ok(());
        }
        let mut lengths = Vec::new();
        sealed::each(&mut serde_json::from_slice(&event.data).unwrap_or_default(), &mut |sealed| {
            if let Sealed::Closed { subject: of, ciphertext } = sealed
                && of.0 == subject
            {
                lengths.push(ciphertext.len());
            }
            Ok(None)
        })?;
        if !lengths.is_empty() {
            self.sealed.push(Seen::of(event, lengths));
        }
        Ok(())
    }

    fn json(&self, subject: &str, key: Key, left: &[PhotoId]) -> Value {
        let mut found = json!({
            "subject": subject,
            "key": match key {
                Key::Destroyed => "destroyed",
                Key::There => "there",
                Key::Never => "never made",
                Key::NotAtHand => "not at hand",
            },
            "asked": self.asked.as_ref().map(Seen::json),
            "recorded": self.recorded.as_ref().map(Seen::json),
            "sealed": self.sealed.iter().map(Seen::json).collect::<Vec<_>>(),
            "photosSent": self.photos.len(),
            "photosLeft": left.iter().map(ToString::to_string).collect::<Vec<_>>(),
        });
        if let (Some(deferred), Some(members)) = (&self.deferred, found.as_object_mut()) {
            members.insert("deferred".to_owned(), deferred.json());
        }
        found
    }

    fn print(&self, subject: &str, key: Key, left: &[PhotoId]) {
        let event = |seen: &Option<Seen>, none: &str| seen.as_ref().map_or_else(|| none.to_owned(), Seen::words);
        say!("subject       {subject}");
        say!("asked for     {}", event(&self.asked, "no: nobody asked for it to be forgotten"));
        if let Some(deferred) = &self.deferred {
            say!("kept          a legal hold was in force on it: {}", deferred.words());
        }
        say!("recorded      {}", event(&self.recorded, "no: the book does not say that its key was destroyed"));
        say!("key           {}", key.words());
        say!("photos        {} sent, {} left in this data directory", self.photos.len(), left.len());
        say!("in the book   {} events have something sealed for it; their hashes and proofs hold:", self.sealed.len());
        for seen in &self.sealed {
            let bytes: usize = seen.sealed.iter().sum();
            say!("              {}, {bytes} bytes of ciphertext", seen.words());
        }
    }
}

impl Seen {
    fn of(event: &Recorded, sealed: Vec<usize>) -> Self {
        let actor = serde_json::from_slice::<Metadata>(&event.metadata).map(|metadata| metadata.actor);
        let who = actor.map_or_else(|_| "unknown".to_owned(), |actor| format!("{} {}", actor.role.name(), actor.id));
        let (position, at) = (event.position, event.occurred_at);
        Self { position, event_type: event.event_type.to_string(), at, who, sealed }
    }

    fn instant(&self) -> String {
        self.at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }

    fn words(&self) -> String {
        format!("position {}, {}, {}, by {}", self.position, self.event_type, self.instant(), self.who)
    }

    fn json(&self) -> Value {
        json!({
            "position": self.position.0,
            "type": self.event_type,
            "occurredAt": self.instant(),
            "by": self.who,
            "sealedBytes": self.sealed.iter().sum::<usize>(),
        })
    }
}

/// Whether the photo or its thumbnail is in a directory.
fn is_there(photos: &Path, photo: PhotoId) -> bool {
    [photo.to_string(), format!("{photo}.thumbnail")].iter().any(|name| photos.join(name).exists())
}
