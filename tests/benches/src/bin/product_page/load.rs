//! The same request, again and again, by a few connections at once: as fast as answers come, or at a given rate.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use benches::rounds::{Rounds, rate};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::connection::Connection;

/// What is asked of whom, and what the answer must be to the byte.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) server: SocketAddr,
    pub(crate) request: Arc<[u8]>,
    pub(crate) answer: Arc<[u8]>,
}

impl Page {
    fn ask(&self, connection: &mut Connection) -> Result<()> {
        if connection.ask(&self.request)? == &*self.answer {
            return Ok(());
        }
        Err(Error::new(ErrorKind::InvalidData, "the page is not what it was at first"))
    }
}

/// Each connection asks again as soon as it has its answer, for so long: answers a second.
pub(crate) fn full(page: &Page, connections: u64, lasting: Duration) -> Result<f64> {
    let started = Instant::now();
    let answers = each(page, connections, |page, connection, _| {
        let mut answers = 0;
        while started.elapsed() < lasting {
            page.ask(connection)?;
            answers += 1;
        }
        Ok(answers)
    })?;
    Ok(rate(answers.into_iter().sum(), started.elapsed()))
}

/// Requests come at their own times, whether or not the last was answered: so many a second in all, for so long, with
/// the gaps of a Poisson process. How long each took, in seconds.
///
/// What comes while the connection still waits for an answer waits for it, and that counts. That a thread was woken a
/// little late does not: the server had nothing to do with it.
pub(crate) fn paced(page: &Page, connections: u64, a_second: f64, lasting: Duration) -> Result<Rounds> {
    let gap = rate(usize::try_from(connections).unwrap_or(usize::MAX), Duration::from_secs(1)) / a_second;
    let started = Instant::now();
    let latencies = each(page, connections, |page, connection, number| {
        let mut chance = ChaCha8Rng::seed_from_u64(number);
        let (mut due, mut latencies) = (Duration::ZERO, Vec::new());
        loop {
            // In (0, 1], whose logarithm there is.
            let drawn = 1.0 - chance.random::<f64>();
            due += Duration::from_secs_f64(-drawn.ln() * gap);
            if due > lasting {
                return Ok(latencies);
            }
            let early = due.saturating_sub(started.elapsed());
            thread::sleep(early);
            let asked = if early.is_zero() { started + due } else { Instant::now() };
            page.ask(connection)?;
            latencies.push(asked.elapsed().as_secs_f64());
        }
    })?;
    Ok(latencies.into_iter().flatten().collect())
}

/// Lets each connection, on a thread of its own, do something with the page.
fn each<T: Send>(
    page: &Page,
    connections: u64,
    work: impl Fn(&Page, &mut Connection, u64) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let opened: Vec<Connection> = (0..connections).map(|_| Connection::open(page.server)).collect::<Result<_>>()?;
    thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = opened
            .into_iter()
            .zip(0..)
            .map(|(mut connection, number)| scope.spawn(move || work(page, &mut connection, number)))
            .collect();
        let ended = |_| Err(Error::other("a thread that asks has panicked"));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(ended)).collect()
    })
}
