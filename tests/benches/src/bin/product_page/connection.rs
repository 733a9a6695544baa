//! A connection that is kept open, with just enough HTTP/1.1 for answers that say their length.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An answer that takes longer is an error, so that the program ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// The room for an answer to begin with; it grows for longer ones.
const ROOM_BYTES: usize = 64 * 1024;

const HEAD_END: &[u8] = b"\r\n\r\n";

/// The bytes of a POST request with a JSON body.
pub(crate) fn request(path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ");
    format!("{head}{length}\r\n\r\n{body}").into_bytes()
}

/// A connection.
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, answer: vec![0; ROOM_BYTES] })
    }

    /// Sends a request and reads the whole answer: its body.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        loop {
            if filled == self.answer.len() {
                self.answer.resize(2 * filled, 0);
            }
            match self.stream.read(&mut self.answer[filled..])? {
                0 => return Err(Error::from(ErrorKind::UnexpectedEof)),
                read => filled += read,
            }
            if let Some((start, end)) = body_of(&self.answer[..filled])?
                && filled >= end
            {
                return Ok(&self.answer[start..end]);
            }
        }
    }
}

/// Where the body of an answer begins and ends; nothing while its head is not whole.
fn body_of(answer: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(end) = answer.windows(HEAD_END.len()).position(|window| window == HEAD_END) else { return Ok(None) };
    let bad = |what: &str| Error::new(ErrorKind::InvalidData, format!("{what}: {}", answer[..end].escape_ascii()));
    let head = std::str::from_utf8(&answer[..end]).map_err(|_| bad("a head that is no text"))?;
    let mut lines = head.split("\r\n");
    if lines.next() != Some("HTTP/1.1 200 OK") {
        return Err(bad("not answered well"));
    }
    let length = lines.filter_map(|line| line.split_once(": ")).find(|(name, _)| *name == "content-length");
    let length: usize = length
        .and_then(|(_, value)| value.parse().ok())
        .ok_or_else(|| bad("an answer that does not say its length"))?;
    let start = end + HEAD_END.len();
    Ok(Some((start, start + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answers_body_is_known_once_its_head_is_whole() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx: y\r\n\r\n{}";
        let (start, end) = body_of(answer).unwrap().unwrap();
        assert_eq!(&answer[start..end], b"{}");
        assert_eq!(body_of(&answer[..40]).unwrap(), None);
        assert!(body_of(b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(body_of(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
