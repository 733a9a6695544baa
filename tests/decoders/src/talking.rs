//! A WebSocket: its messages, or whatever else comes after it was opened.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::time::timeout;
use tower_service::Service;

use crate::market::MARKET;
use crate::parts::parts;

/// What both ends may have on its way, in bytes.
const WAY_BYTES: usize = 64 << 10;

/// What the last ping has in it, which is answered with the same.
const LAST: &[u8] = b"the last";
const TEXT: u8 = 0x81;
const GOODBYE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// A byte that says who talks, one that says in what, and parts that are a message each, or raw bytes.
pub fn talking(input: &[u8]) {
    let [who, how, rest @ ..] = input else { return };
    let market = &*MARKET;
    let authorization = market.token(*who).map(|token| format!("Authorization: Bearer {token}\r\n"));
    let mut said = format!(
        "GET /graphql HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{}\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
        authorization.unwrap_or_default()
    )
    .into_bytes();
    let raw = how % 2 == 1;
    if !raw {
        parts(rest).for_each(|part| said.extend(frame(TEXT, part)));
    } else {
        said.extend_from_slice(rest);
    }
    // Whoever has answered this has taken everything before.
    said.extend(frame(PING, LAST));
    let talk = async {
        let (client, server) = duplex(WAY_BYTES);
        let routes = market.routes.clone();
        let served = tokio::spawn(async move {
            let answer = service_fn(|request: Request<Incoming>| routes.clone().call(request.map(Body::new)));
            let builder = Builder::new(TokioExecutor::new());
            // How it ended is the client's to see.
            let _ = builder.serve_connection_with_upgrades(TokioIo::new(server), answer).await;
        });
        let (mut hears, mut says) = tokio::io::split(client);
        let saying = async {
            // A server that has said goodbye hears no more.
            let _ = says.write_all(&said).await;
            if raw {
                // Half a frame would be waited for.
                let _ = says.shutdown().await;
            }
        };
        let hearing = async {
            let mut heard = Vec::new();
            let mut piece = [0; 4096];
            while !is_over(&heard) {
                match hears.read(&mut piece).await {
                    Ok(0) | Err(_) => break,
                    Ok(count) => heard.extend_from_slice(&piece[..count]),
                }
            }
            heard
        };
        let ((), heard) = tokio::join!(saying, hearing);
        let _ = says.shutdown().await;
        drop(says);
        let _ = hears.read_to_end(&mut Vec::new()).await;
        served.await.expect("no panic");
        heard
    };
    // Longer than a message that never comes whole is waited for, and a client that says nothing.
    let heard = market.runtime.block_on(async { timeout(Duration::from_secs(90), talk).await });
    let heard = heard.expect("the conversation ends");
    // A node's token is for the book itself.
    let opened = [&b"HTTP/1.1 101 "[..], b"HTTP/1.1 401 "].iter().any(|status| heard.starts_with(status));
    assert!(opened, "{}", String::from_utf8_lossy(&heard));
}

/// Whether the server has answered the last message, or said goodbye.
fn is_over(heard: &[u8]) -> bool {
    let head = heard.windows(4).position(|window| window == b"\r\n\r\n");
    let mut rest = head.map_or(&[][..], |head| &heard[head + 4..]);
    while let [kind, length, after @ ..] = rest {
        let (length, after) = match (length, after) {
            (126, [high, low, after @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), after),
            (127, [a, b, c, d, e, f, g, h, after @ ..]) => {
                (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) as usize, after)
            }
            (126 | 127, _) => return false,
            (length, after) => (usize::from(*length), after),
        };
        let Some((message, next)) = after.split_at_checked(length) else { return false };
        if *kind == GOODBYE || (*kind, message) == (PONG, LAST) {
            return true;
        }
        rest = next;
    }
    false
}

/// A message in a frame, as clients send it; masked with nothing.
fn frame(kind: u8, message: &[u8]) -> Vec<u8> {
    const MASKED: u8 = 0x80;
    const NEXT_TWO_BYTES: u8 = 126;
    let length = u16::try_from(message.len()).unwrap();
    let head = match u8::try_from(length) {
        Ok(length) if length < NEXT_TWO_BYTES => vec![kind, MASKED | length],
        Ok(_) | Err(_) => [&[kind, MASKED | NEXT_TWO_BYTES], &length.to_be_bytes()[..]].concat(),
    };
    [&head[..], &[0; 4], message].concat()
}
