//! Connections: each with its place, cut off when it keeps it for nothing, and each acknowledged at once.
//!
//! Clients in Rust send a call's head and its body one after the other and leave Nagle's algorithm on, so that the body
//! waits for the head's acknowledgement; a kernel that delays that, to send it along with an answer, makes each append
//! take 40 ms for nothing (<https://github.com/kurrent-io/KurrentDB-Client-Rust/issues/232>).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::places::{Place, Places, Visitor};
use futures::stream::{self, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};

/// How long to wait when the system has no more file descriptors: connections that end give some back.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

/// A client's connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    place: Place,
    /// Until when a call must have come.
    greeting: Pin<Box<Sleep>>,
    /// How long nothing may go out that is to go out.
    stalled: Duration,
    /// Until when something must go out; nothing while it does.
    stuck: Option<Pin<Box<Sleep>>>,
}

/// Connections as they come.
pub fn connections(listener: TcpListener, places: Places) -> impl Stream<Item = io::Result<Connection>> {
    stream::unfold((listener, places), |(listener, places)| async move {
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a client could not connect");
                    tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
                    continue;
                }
            };
            let Some(place) = places.enter() else {
                tracing::warn!("a client could not connect: there is no place that isn't being used");
                continue;
            };
            // An answer is awaited: it does not wait for another to go along with.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY");
            }
            let (greeting, stalled) = (Box::pin(sleep(places.limits().greeting)), places.limits().stalled);
            let connection = Connection { stream, place, greeting, stalled, stuck: None };
            return Some((Ok(connection), (listener, places)));
        }
    })
}

impl Connection {
    /// As its calls see it.
    #[must_use]
    pub fn visitor(&self) -> &Visitor {
        self.place.visitor()
    }

    /// Has the kernel acknowledge what was just read. The kernel forgets it again, so that it is said at each read; where
    /// it can't be said, it is only slower.
    fn acknowledge(&self) {
        #[cfg(target_os = "linux")]
        let _ = rustix::net::sockopt::set_tcp_quickack(&self.stream, true);
    }

    /// Why it is cut off, if it is.
    fn poll_over(&mut self, context: &mut Context<'_>) -> Result<(), io::Error> {
        if self.place.poll_gone(context).is_ready() {
            return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "another takes its place"));
        }
        if !self.place.visitor().has_greeted() && self.greeting.as_mut().poll(context).is_ready() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "no call came"));
        }
        Ok(())
    }

    /// Cuts it off when nothing has gone out for long.
    fn watched<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(self.stalled)));
        match stuck.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing"))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_over(context)?;
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.acknowledge();
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_over(context)?;
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_over(context)?;
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watched(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_over(context)?;
        let written = Pin::new(&mut self.stream).poll_flush(context);
        self.watched(context, written)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_over(context)?;
        let written = Pin::new(&mut self.stream).poll_shutdown(context);
        self.watched(context, written)
    }
}
