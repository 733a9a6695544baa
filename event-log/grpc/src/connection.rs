//! Connections: so many at a time, and each acknowledged at once.
//!
//! Clients in Rust send a call's head and its body one after the other and leave Nagle's algorithm on, so that the body
//! waits for the head's acknowledgement; a kernel that delays that, to send it along with an answer, makes each append
//! take 40 ms for nothing (<https://github.com/kurrent-io/KurrentDB-Client-Rust/issues/232>).

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::stream::{self, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::transport::server::{Connected, TcpConnectInfo};

/// How many clients may be connected; who comes after waits until another goes.
const MAX_CONNECTIONS: usize = 256;
/// How long to wait when the system has no more file descriptors: connections that end give some back.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

/// A client's connection, which has its place as long as it lasts.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
}

/// Connections as they come.
pub(crate) fn connections(listener: TcpListener) -> impl Stream<Item = io::Result<Connection>> {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    stream::unfold((listener, places), |(listener, places)| async move {
        // Nobody closes the semaphore.
        let place = Arc::clone(&places).acquire_owned().await.ok()?;
        let stream = loop {
            match listener.accept().await {
                Ok((stream, _)) => break stream,
                Err(error) => {
                    tracing::warn!(%error, "an EventStoreDB client could not connect");
                    tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
                }
            }
        };
        // An answer is awaited: it does not wait for another to go along with.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY");
        }
        Some((Ok(Connection { stream, _place: place }), (listener, places)))
    })
}

impl Connection {
    /// Has the kernel acknowledge what was just read. The kernel forgets it again, so that it is said at each read; where
    /// it can't be said, it is only slower.
    fn acknowledge(&self) {
        #[cfg(target_os = "linux")]
        let _ = rustix::net::sockopt::set_tcp_quickack(&self.stream, true);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.acknowledge();
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}
