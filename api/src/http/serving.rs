//! Connections, from their beginning to their end: so many, cut off when they keep their places for nothing, and served
//! HTTP/1 and HTTP/2 within bounds.

use std::convert::Infallible;
use std::pin::pin;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::http::Request;
use futures::StreamExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use places::{Places, Room, connections};
use tokio::net::TcpListener;
use tower_service::Service as _;

use super::answering::Answering;
use super::limits::{KEEP_ALIVE, Limits, MAX_HEAD_BYTES, MAX_REQUESTS, MAX_RESET_REQUESTS};

/// Serves until it is told to stop, then answers what was asked.
pub async fn serve(listener: TcpListener, routes: Router, limits: &Limits, stop: impl Future<Output = ()>) {
    let builder = builder(limits);
    let answers = Room::new(limits.answers_bytes);
    let (graceful, mut stop) = (GracefulShutdown::new(), pin!(stop));
    {
        // Dropped before the waiting: nobody else is to connect then.
        let mut incoming = pin!(connections(listener, Places::new(limits.places)));
        loop {
            let connection = tokio::select! {
                () = &mut stop => break,
                connection = incoming.next() => match connection {
                    Some(Ok(connection)) => connection,
                    Some(Err(_)) | None => break,
                },
            };
            let visitor = connection.visitor().clone();
            let (routes, answers) = (routes.clone(), answers.clone());
            let answer = service_fn(move |request: Request<Incoming>| {
                let mut request = request.map(Body::new);
                let answering = Answering::of(&visitor);
                if request.body().is_end_stream() {
                    answering.begin();
                }
                request.extensions_mut().insert(answering.clone());
                let answer = routes.clone().call(request);
                let answers = answers.clone();
                async move { Ok::<_, Infallible>(answering.with(answer.await?, &answers)) }
            });
            let served = builder.serve_connection_with_upgrades(TokioIo::new(connection), answer);
            let served = graceful.watch(served.into_owned());
            tokio::spawn(async move {
                if let Err(error) = served.await {
                    tracing::debug!(%error, "a connection ended");
                }
            });
        }
    }
    graceful.shutdown().await;
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(MAX_HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_REQUESTS)
        // It is bounded by a constant of 32 KiB.
        .max_header_list_size(MAX_HEAD_BYTES as u32)
        .max_pending_accept_reset_streams(MAX_RESET_REQUESTS)
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        // For WebSockets by HTTP/2.
        .enable_connect_protocol();
    builder
}
