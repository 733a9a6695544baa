//! `marktboek demo`: a generated marketplace, alive in seconds.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::ids::{PhotoId, ReviewId};
use domain::metadata::Role;
use domain::review::ReviewEvent;
use event_log::LogError;
use fixtures::Step;
use fixtures::demo::{DEMO_BUYER, DEMO_SELLER};
use futures::stream::{self, StreamExt, TryStreamExt};
use projections::data_directory::DataDirectory;
use uuid::Uuid;

use crate::ApiError;
use crate::clock::ClockSetting;
use crate::ending::Ending;
use crate::opened::Opened;
use crate::photos::Picture;
use crate::serve::{Server, Settings};

/// How long the tokens hold that the demonstration prints.
const TOKEN_HOURS: u32 = 24;

/// How many photos are written at a time: each waits for the disk, and disks take many syncs together.
const KEPT_AT_ONCE: usize = 16;

/// Generates a marketplace whose year ends now, or at a moment at which the clock then stands still; serves it, and says
/// how to come in. Without a directory it is kept in a temporary one, which is deleted at the end.
///
/// # Errors
/// As [`Server::start`]; also that the history can't be written.
pub async fn run(
    listen: SocketAddr,
    directory: Option<PathBuf>,
    seed: u64,
    until: Option<DateTime<Utc>>,
) -> Result<(), ApiError> {
    let started = Instant::now();
    let temporary = match &directory {
        Some(_) => None,
        None => {
            Some(tempfile::tempdir().map_err(ApiError::io("making a temporary directory in", &std::env::temp_dir()))?)
        }
    };
    let path = directory.unwrap_or_else(|| temporary.as_ref().map_or_else(PathBuf::new, |kept| kept.path().to_owned()));
    let data = DataDirectory::new(&path);
    let end = until.unwrap_or_else(Utc::now);
    let generating = tokio::task::spawn_blocking(move || fixtures::demo::history(seed, end));
    let opened = Opened::open(&data)?;
    // A directory that has a book already goes on with it; a history of another moment would not fit it.
    if opened.log.next_position().await?.0 == 0 {
        let (history, photos) = generating.await.map_err(|_| LogError::Closed)?;
        keep_photos(&opened, &history, photos).await?;
        fixtures::write(opened.log.as_ref(), opened.keys.as_ref(), &history, &mut |_| {}).await?;
    }
    // Whoever the generated history concerns exists no more than it does, and is not written to.
    let history_end = opened.log.next_position().await?;
    let clock = until.map_or(ClockSetting::System, ClockSetting::Fixed);
    let mut settings = Settings::new(&data, listen, clock)?;
    settings.told_before = history_end;
    let server = Server::start(&data, opened, settings).await?;
    // The generated year ends with removals and erasures whose consequences the reactors still owe.
    server.settled().await?;
    let events = server.app().executor.platform().book.log().next_position().await?;
    let ending = Ending::awaited()?;
    say_how_to_come_in(&server, (&path, temporary.is_none()), started, events.0)?;
    ending.of(server).await;
    if let Some(temporary) = temporary {
        let path = temporary.path().to_owned();
        temporary.close().map_err(ApiError::io("deleting", &path))?;
        eprintln!("The demonstration's data was deleted.");
    }
    Ok(())
}

/// Keeps the history's photos, each sealed with the key of the review that shows it.
async fn keep_photos(opened: &Opened, history: &[Step], photos: Vec<(PhotoId, Vec<u8>)>) -> Result<(), ApiError> {
    let mut reviews: HashMap<PhotoId, ReviewId> = HashMap::new();
    for step in history {
        let Some(review) = step.stream.strip_prefix("review-").and_then(|id| id.parse::<Uuid>().ok()) else { continue };
        for event in &step.events {
            if let Event::Review(ReviewEvent::PhotosSubmitted(sent)) = event {
                reviews.extend(sent.photos.iter().map(|photo| (*photo, ReviewId(review))));
            }
        }
    }
    let keep = |(photo, bytes)| {
        let review = reviews.get(&photo).copied();
        async move {
            let Some(review) = review else { return Ok(()) };
            let picture = tokio::task::spawn_blocking(move || Picture::made_here(bytes));
            let picture = picture.await.map_err(|_| LogError::Closed)?;
            let picture = picture.map_err(|error| ApiError::Usage(format!("the demo's photo {photo}: {error}")))?;
            opened.photos.keep_named(review, photo, picture).await
        }
    };
    stream::iter(photos).map(keep).buffer_unordered(KEPT_AT_ONCE).try_collect().await
}

fn say_how_to_come_in(server: &Server, data: (&Path, bool), started: Instant, events: u64) -> Result<(), ApiError> {
    let url = format!("http://{}", server.address());
    println!("Marktboek is open, after {:.1} s, with {events} events.", started.elapsed().as_secs_f32());
    match data {
        (path, true) => println!("Its data is in {}.", path.display()),
        (path, false) => println!("Its data is in {}, which is deleted when the program ends.", path.display()),
    }
    println!(
        "\n  console      {url}/console\n  try queries  {url}/graphiql\n  GraphQL      {url}/graphql\n  health       {url}/readyz"
    );
    println!("\nTokens, for {TOKEN_HOURS} hours; send one as `Authorization: Bearer TOKEN`:");
    for role in Role::OF_PEOPLE {
        let subject = match role {
            Role::Buyer => DEMO_BUYER.to_string(),
            Role::Seller => DEMO_SELLER.to_string(),
            Role::Moderator | Role::Compliance | Role::Auditor | Role::Operator | Role::Node | Role::System => {
                format!("demo-{}", role.name())
            }
        };
        println!("  {:<12} {}", role.name(), server.app().signer.sign(role, &subject, TOKEN_HOURS)?);
    }
    println!("\nCtrl-C ends it.");
    Ok(())
}
