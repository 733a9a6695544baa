//! `GET /graphql`, upgraded: operations over a WebSocket, by the protocol graphql-transport-ws.
//!
//! A client says who it is in the request's header or in `connection_init`, and is closed when that token ends to hold.
//! Messages are dealt with in their order, and a subscription is told of everything that happens after its message was
//! taken: a client that wants to know when that is sends a `ping` behind it.
//!
//! Invariants: an answer is sent before the next one is made, so that a slow client costs no memory; everything that is
//! waited for has an end.

use std::collections::HashMap;
use std::future::{pending, ready};
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Response as Answer, Value};
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use chrono::Utc;
use futures::StreamExt;
use futures::future::AbortHandle;
use futures::stream::{self, BoxStream, SelectAll, abortable};
use places::{Call, Visitor};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};

use super::App;
use super::answering::Answering;
use super::connections::Place;
use super::graphql::refused;
use super::json::json_of;
use super::transport_ws::{End, FromClient, PROTOCOL, ToClient};
use crate::auth::{Session, Viewer};
use crate::graphql::execution::{Asked, refusal};

/// How many operations a connection may have at a time: an order's page and a product's, in a few tabs that share it.
const MAX_OPERATIONS: usize = 16;

/// The largest message, in bytes, and the most bytes of the messages that asked for the operations of a connection: a
/// question in memory is a hundred times as large.
const MAX_ASKED_BYTES: usize = 32 << 10;

/// How long a client may take to say who it is.
const INIT_WAIT: Duration = Duration::from_secs(10);

/// How often a client is asked whether it is there: more often than proxies give a silent connection up.
const PING_EVERY: Duration = Duration::from_secs(25);

/// A client that says nothing, or takes nothing, for this long is gone: it has not answered two pings.
const SILENCE: Duration = Duration::from_secs(60);

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// Opens a WebSocket.
pub(super) async fn open(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    answering: Option<Extension<Answering>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = upgrade.map(|upgrade| upgrade.protocols([PROTOCOL]));
    let upgrade = match upgrade {
        Ok(upgrade) if upgrade.selected_protocol().is_some() => upgrade,
        Ok(_) | Err(_) => {
            let why = format!("POST asks here; GET opens a WebSocket, by the protocol {PROTOCOL}");
            let mut response = refused(StatusCode::UPGRADE_REQUIRED, why, "INVALID");
            response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            return response;
        }
    };
    let session = match Session::of_request(&headers, &app.signer) {
        Ok(session) => session,
        Err(why) => return refused(StatusCode::UNAUTHORIZED, why, "UNAUTHENTICATED"),
    };
    // Without a place until it has said who it is: who says nothing keeps nobody out.
    let visitor = answering.map(|Extension(answering)| answering.visitor().clone());
    let upgrade = upgrade.max_message_size(MAX_ASKED_BYTES).max_frame_size(MAX_ASKED_BYTES);
    upgrade.on_upgrade(move |socket| converse(socket, app, session, visitor))
}

async fn converse(mut socket: WebSocket, app: Arc<App>, session: Session, visitor: Option<Visitor>) {
    let closing = app.connections.closing();
    let mut conversation = Conversation::new(app, session, visitor);
    let end = tokio::select! {
        end = conversation.run(&mut socket) => end,
        () = closing.wait() => End::GoingAway,
    };
    drop(conversation);
    tracing::debug!(?end, "a connection ended");
    if let Some(frame) = end.frame() {
        // A client that does not take the goodbye is gone.
        let _ = timeout(GOODBYE, async {
            let _ = socket.send(Message::Close(Some(frame))).await;
            while let Some(Ok(_)) = socket.recv().await {}
        })
        .await;
    }
}

/// An operation's name with an answer, or with nothing when there is no more of it.
type Told = (String, Option<Answer>);

struct Conversation {
    app: Arc<App>,
    session: Session,
    visitor: Option<Visitor>,
    /// What it has once the client has said who it is: a place, and a connection that is being answered.
    acknowledged: Option<(Place, Option<Call>)>,
    /// When the connection is closed: nobody has said who asks, or the token ends.
    deadline: Option<Instant>,
    running: SelectAll<BoxStream<'static, Told>>,
    /// What ends an operation, and how many bytes asked for it, by its name.
    operations: HashMap<String, (AbortHandle, usize)>,
}

impl Conversation {
    fn new(app: Arc<App>, session: Session, visitor: Option<Visitor>) -> Self {
        Self {
            app,
            session,
            visitor,
            acknowledged: None,
            deadline: Some(Instant::now() + INIT_WAIT),
            running: SelectAll::new(),
            operations: HashMap::new(),
        }
    }

    async fn run(&mut self, socket: &mut WebSocket) -> End {
        let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            let done = tokio::select! {
                // In this order a client is heard before it is taken for gone, and none goes on with an old token.
                biased;
                () = passed(self.deadline) => Err(self.too_late()),
                message = socket.recv() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(message)) => self.take(socket, message).await,
                        Some(Err(_)) | None => Err(End::Gone),
                    }
                }
                Some((id, answer)) = self.running.next() => self.tell(socket, &id, answer).await,
                _ = pings.tick() => {
                    if heard.elapsed() > SILENCE { Err(End::Gone) } else { send(socket, Message::Ping("".into())).await }
                }
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    fn too_late(&self) -> End {
        if self.acknowledged.is_some() {
            End::Forbidden("the token has expired; connect again with a new one".to_owned())
        } else {
            End::InitTimeout
        }
    }

    async fn take(&mut self, socket: &mut WebSocket, message: Message) -> Result<(), End> {
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return Err(End::BadMessage("messages are text, in JSON".to_owned())),
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Gone),
        };
        match json_of(text.as_bytes()) {
            Ok(FromClient::ConnectionInit { payload }) => self.begin(socket, payload.as_ref()).await,
            Ok(FromClient::Ping {}) => say(socket, &ToClient::Pong).await,
            Ok(FromClient::Pong {}) => Ok(()),
            Ok(FromClient::Subscribe { id, payload }) => self.subscribe(socket, id, payload, text.len()).await,
            Ok(FromClient::Complete { id }) => {
                if let Some((operation, _)) = self.operations.remove(&id) {
                    operation.abort();
                }
                Ok(())
            }
            Err(error) => Err(End::BadMessage(format!("no message of {PROTOCOL}: {error}"))),
        }
    }

    async fn begin(&mut self, socket: &mut WebSocket, payload: Option<&serde_json::Value>) -> Result<(), End> {
        if self.acknowledged.is_some() {
            return Err(End::SecondInit);
        }
        if let Some(authorization) = authorization(payload) {
            self.session = Session::of_authorization(authorization, &self.app.signer).map_err(End::Forbidden)?;
        }
        let place = self.app.connections.enter(&self.session.viewer).ok_or(End::Busy)?;
        if self.session.viewer.identity().is_some() {
            self.visitor.iter().for_each(Visitor::know);
        }
        self.acknowledged = Some((place, self.visitor.as_ref().map(Visitor::call)));
        // A token that has expired since it was looked at is seen to at once.
        let left = self.session.until.map(|until| (until - Utc::now()).to_std().unwrap_or_default());
        self.deadline = left.and_then(|left| Instant::now().checked_add(left));
        say(socket, &ToClient::ConnectionAck).await
    }

    async fn subscribe(&mut self, socket: &mut WebSocket, id: String, asked: Asked, bytes: usize) -> Result<(), End> {
        if self.acknowledged.is_none() {
            return Err(End::NotAcknowledged);
        }
        if self.operations.contains_key(&id) {
            return Err(End::SameId(id));
        }
        if self.operations.len() >= MAX_OPERATIONS {
            let why = format!("a connection has at most {MAX_OPERATIONS} operations at a time; complete one first");
            return say(socket, &ToClient::Error { id: &id, payload: &refusal(why, "INVALID").errors }).await;
        }
        let all = bytes + self.operations.values().map(|(_, bytes)| bytes).sum::<usize>();
        if all > MAX_ASKED_BYTES {
            let why = format!(
                "the operations of a connection are asked for in at most {MAX_ASKED_BYTES} bytes, and these would be \
                 {all}; complete one first, or POST what is large"
            );
            return say(socket, &ToClient::Error { id: &id, payload: &refusal(why, "INVALID").errors }).await;
        }
        let name = id.clone();
        let answers = answers(&self.app, asked, self.session.viewer.clone());
        let told = answers.map(Some).chain(stream::once(ready(None))).map(move |answer| (name.clone(), answer));
        let (told, operation) = abortable(told);
        self.running.push(told.boxed());
        self.operations.insert(id, (operation, bytes));
        Ok(())
    }

    async fn tell(&mut self, socket: &mut WebSocket, id: &str, answer: Option<Answer>) -> Result<(), End> {
        match answer {
            Some(answer) if is_not_begun(&answer) => {
                if let Some((operation, _)) = self.operations.remove(id) {
                    operation.abort();
                }
                say(socket, &ToClient::Error { id, payload: &answer.errors }).await
            }
            Some(answer) => say(socket, &ToClient::Next { id, payload: &answer }).await,
            None => {
                self.operations.remove(id);
                say(socket, &ToClient::Complete { id }).await
            }
        }
    }
}

/// The answers to an operation: one to a query or a mutation, any number to a subscription.
fn answers(app: &Arc<App>, asked: Asked, viewer: Viewer) -> BoxStream<'static, Answer> {
    if let Some(answers) = app.executor.subscribe(&asked, viewer.clone()) {
        return answers;
    }
    let app = Arc::clone(app);
    stream::once(async move {
        // As a request has its turn.
        let _turn = app.bodies.turn().await;
        app.executor.answer(asked, viewer).await.response
    })
    .boxed()
}

/// Whether an operation was not even begun: what is wrong is wrong with the document, not with one of its fields.
fn is_not_begun(answer: &Answer) -> bool {
    answer.data == Value::Null && !answer.errors.is_empty() && answer.errors.iter().all(|error| error.path.is_empty())
}

/// The token in a `connection_init`, by whatever letters the client writes the header's name in.
fn authorization(payload: Option<&serde_json::Value>) -> Option<&str> {
    let named = payload?.as_object()?.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    // Nothing that is no text is a token; the empty one is refused with the right words.
    Some(named.1.as_str().unwrap_or_default())
}

async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

async fn say(socket: &mut WebSocket, message: &ToClient<'_>) -> Result<(), End> {
    // A message is made of text, numbers and lists, which always can be written.
    let text = serde_json::to_string(message).unwrap_or_default();
    send(socket, Message::Text(text.into())).await
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    match timeout(SILENCE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}
