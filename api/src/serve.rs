//! The server: everything put together, and taken apart again without losing what was acknowledged.
//!
//! Stopping goes in order: no new connections; subscriptions end, those of EventStoreDB's clients too; requests that are being answered are answered; reactors
//! end; the views commit; the book writes what waits and gives its lock back. Whatever is cut off by a harder end comes
//! again: a view from its checkpoint, a reactor from its own, and nothing is acknowledged before it is on disk.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use event_log::{EventLog, Position};
use event_log_grpc::Face;
use projections::Served;
use projections::data_directory::DataDirectory;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::activity::Activity;
use crate::clock::{Clock, ClockSetting};
use crate::esdb::{FaceSettings, Timely, Tokens};
use crate::graphql::execution::Executor;
use crate::graphql::platform::Platform;
use crate::heads::Heads;
use crate::http::{self, App, Bodies, Connections};
use crate::mail::{Link, MailSettings, Transport};
use crate::opened::Opened;
use crate::reactors::start::{Means, Reactors};
use crate::reactors::translations::Queue;
use crate::regenerations::Regenerations;
use crate::translation::Translator;
use crate::{ApiError, Book, keys, tls};

/// How long requests that are being answered may take once the server is to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// What an operator sets.
#[derive(Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What time it is.
    pub clock: ClockSetting,
    /// What clients may take of the server.
    pub limits: http::Limits,
    /// Where EventStoreDB's clients may come, if anywhere.
    pub esdb: Option<FaceSettings>,
    /// Under which name heads of the book are signed, where there are no keys yet.
    pub origin: String,
    /// The address of the platform's pages, to which mails link; this server's where nothing is said.
    pub site: Option<Link>,
    /// Where mail comes from and goes to.
    pub mail: MailSettings,
    /// What translates reviews, if anything does.
    pub translator: Option<Translator>,
    /// What happened before this position was told by somebody else: no mails are written about it.
    pub told_before: Position,
}

/// Under which name heads are signed where nothing is said.
pub const ORIGIN: &str = "marktboek";
/// Who mail is from where nothing is said.
pub const MAIL_FROM: &str = "Marktboek <no-reply@localhost>";

impl Settings {
    /// Mail in a directory beside the rest, no translation.
    ///
    /// # Errors
    /// As [`MailSettings::parse`].
    pub fn new(data: &DataDirectory, listen: SocketAddr, clock: ClockSetting) -> Result<Self, ApiError> {
        let mail = MailSettings::parse(MAIL_FROM, &format!("maildir:{}", data.mail().display()))?;
        let (limits, origin) = (http::Limits::default(), ORIGIN.to_owned());
        let told_before = Position::START;
        Ok(Self { listen, clock, limits, esdb: None, origin, site: None, mail, translator: None, told_before })
    }
}

/// A server that runs.
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    face: Option<Face>,
    reactors: Reactors,
    counting: JoinHandle<()>,
    forgetting: JoinHandle<()>,
    heads: JoinHandle<()>,
    app: Arc<App>,
    log: Arc<dyn EventLog>,
}

impl Server {
    /// Starts to serve what is opened of a data directory.
    ///
    /// # Errors
    /// That the address is taken; what the log and the views say.
    pub async fn start(data: &DataDirectory, opened: Opened, settings: Settings) -> Result<Self, ApiError> {
        http::metrics::install();
        let Settings { listen, clock, .. } = settings;
        let Opened { log, keys, photos, signer } = opened;
        let any = Arc::clone(&log);
        let heads = Heads::open(&data.heads(), &settings.origin, Arc::clone(&any))?;
        let clock = Arc::new(Clock::start(clock, any.as_ref())?);
        let now = Arc::clone(&clock);
        let views = Served::open(&data.views(), Arc::clone(&any), Arc::new(move || now.ticking()))?;
        let face = match settings.esdb {
            Some(FaceSettings { face, share_keys }) => {
                if face.tls.is_some() {
                    tls::use_ring();
                }
                let tokens = Arc::new(Tokens(Arc::clone(&signer)));
                let shared = share_keys.then(|| Arc::clone(&keys));
                let admission = Arc::new(Timely { clock: Arc::clone(&clock) });
                Some(Face::start(Arc::clone(&any), tokens, admission, shared, face).await?)
            }
            None => None,
        };
        let forgetting = tokio::spawn(keys::forget_in_time(Arc::downgrade(&keys)));
        let book = Book::new(any, keys, clock);
        let translations = Queue::new(settings.translator.is_some());
        let views = Arc::new(views);
        let platform = Platform {
            book: book.clone(),
            activity: Activity::new(book.clone()),
            views,
            heads: heads.clone(),
            photos: photos.clone(),
            translations: translations.clone(),
        };
        let platform = Arc::new(platform);
        let (connections, bodies) = (Connections::default(), Bodies::new(settings.limits));
        let regenerations = Regenerations::default();
        let app = Arc::new(App { executor: Executor::new(platform), signer, connections, bodies, regenerations });

        let listener = TcpListener::bind(listen).await;
        let listener = listener.map_err(|error| ApiError::Usage(format!("listening on {listen}: {error}")))?;
        let address = listener.local_addr().map_err(|error| ApiError::Usage(format!("listening: {error}")))?;
        let (stop, stopped) = watch::channel(false);
        let (mut until, routes) = (stopped.clone(), http::routes(Arc::clone(&app)));
        let serving = tokio::spawn(async move {
            let stopping = async {
                // The sender lives as long as the server; without it there is nothing to wait for either.
                let _ = until.wait_for(|stop| *stop).await;
            };
            http::serve(listener, routes, &settings.limits, stopping).await;
        });
        let site = settings.site.map_or_else(|| format!("http://{address}").parse(), Ok);
        let site = site.map_err(|bad| ApiError::Usage(format!("--site: {bad}")))?;
        let means = Means {
            site,
            transport: Transport::open(settings.mail)?,
            photos,
            translator: settings.translator,
            queue: translations,
            told_before: settings.told_before,
        };
        let reactors = Reactors::start(&book, means, &data.reactors(), &stopped)?;
        let counting = tokio::spawn(http::metrics::upkeep());
        let heads = tokio::spawn(heads.keep(stopped));
        Ok(Self { address, stop, serving, face, reactors, counting, forgetting, heads, app, log })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens for EventStoreDB's clients, if it does.
    #[must_use]
    pub fn esdb_address(&self) -> Option<SocketAddr> {
        self.face.as_ref().map(Face::address)
    }

    /// What its routes reach.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Waits until the reactors have acted on everything in the book, what they added to it included, and the views show
    /// it. While others keep adding events this may never come.
    ///
    /// # Errors
    /// What the log says.
    pub async fn settled(&self) -> Result<(), ApiError> {
        let mut end = self.log.next_position().await?;
        loop {
            self.reactors.reached(end).await;
            let now = self.log.next_position().await?;
            if now == end {
                break;
            }
            end = now;
        }
        let mut health = self.app.executor.platform().views.health();
        // The sender lives as long as the views do, and they live as long as this server.
        let _ = health.wait_for(|health| health.reached.next >= end || health.failed.is_some()).await;
        Ok(())
    }

    /// Stops it: see the module.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let face = async {
            if let Some(face) = self.face {
                face.stop().await;
            }
        };
        tokio::join!(self.app.connections.close(), face);
        match tokio::time::timeout(DRAIN, self.serving).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "serving ended badly"),
            Err(_) => tracing::warn!("some requests took longer than {} s and were cut off", DRAIN.as_secs()),
        }
        self.reactors.ended().await;
        if let Err(error) = self.heads.await {
            tracing::error!(%error, "signing heads ended badly");
        }
        self.counting.abort();
        self.forgetting.abort();
        let reached = self.app.executor.platform().views.health().borrow().reached.next;
        // The views' thread ends with the last holder of the views: this one, unless a request was cut off.
        let closing = tokio::task::spawn_blocking(move || drop(self.app));
        if let Err(error) = closing.await {
            tracing::error!(%error, "the views ended badly");
        }
        self.log.close().await;
        tracing::info!(views = %reached, "stopped; everything acknowledged is on disk");
    }
}
