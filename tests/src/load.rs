//! A small load generator: HTTP/1.1 with keep-alive over plain sockets, a closed loop for each connection,
//! little work for the machine that also runs the server.

use futures::future::join_all;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request as bytes. `headers` are whole lines without their ends.
pub fn request(method: &str, path: &str, headers: &[String], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: load\r\n");
    for line in headers {
        text.push_str(line);
        text.push_str("\r\n");
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// Right before the request was written.
    pub sent: Instant,
    /// Right after the last byte was read.
    pub received: Instant,
}

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Opens one.
    ///
    /// # Errors
    /// As the socket says.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends one request and reads its answer.
    ///
    /// # Errors
    /// When the connection breaks or the answer is none; the request may have had its effect.
    pub async fn send(&mut self, request: &[u8]) -> io::Result<Reply> {
        let sent = Instant::now();
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            self.read_more().await?;
        };
        let (status, length) = parse_head(&self.buffer[..head])?;
        let body = match length {
            Length::Known(length) => {
                while self.buffer.len() < head + length {
                    self.read_more().await?;
                }
                self.buffer[head..head + length].to_vec()
            }
            Length::Chunked => self.read_chunks(head).await?,
        };
        Ok(Reply { status, body, sent, received: Instant::now() })
    }

    /// Writes bytes as they are and reads until the server closes or `patience` is over.
    ///
    /// # Errors
    /// As the socket says.
    pub async fn raw(&mut self, bytes: &[u8], patience: Duration) -> io::Result<String> {
        self.stream.write_all(bytes).await?;
        self.buffer.clear();
        while let Ok(read) = tokio::time::timeout(patience, self.read_more()).await {
            if read.is_err() {
                break;
            }
        }
        Ok(String::from_utf8_lossy(&self.buffer).into_owned())
    }

    async fn read_chunks(&mut self, mut at: usize) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                if let Some(end) = find(&self.buffer[at..], b"\r\n") {
                    break at + end;
                }
                self.read_more().await?;
            };
            let size = std::str::from_utf8(&self.buffer[at..end]).unwrap_or_default();
            let size = usize::from_str_radix(size.trim(), 16).map_err(|_| invalid("a chunk's size"))?;
            let from = end + 2;
            while self.buffer.len() < from + size + 2 {
                self.read_more().await?;
            }
            if size == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&self.buffer[from..from + size]);
            at = from + size + 2;
        }
    }

    async fn read_more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

enum Length {
    Known(usize),
    Chunked,
}

fn parse_head(head: &[u8]) -> io::Result<(u16, Length)> {
    let head = std::str::from_utf8(head).map_err(|_| invalid("the head"))?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or_else(|| invalid("the status line"))?;
    let mut length = Length::Known(0);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = Length::Known(value.trim().parse().map_err(|_| invalid("Content-Length"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            length = Length::Chunked;
        }
    }
    Ok((status, length))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} can't be read"))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// When a run ends.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// After this time.
    Elapsed(Duration),
    /// After this many requests in all, shared evenly by the connections.
    Requests(usize),
}

/// What a run measured.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many answers came, by status; 0 stands for broken connections.
    pub statuses: BTreeMap<u16, usize>,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// The time of each request, sorted.
    latencies: Vec<Duration>,
}

impl Report {
    /// Answers with a status of 2xx.
    pub fn succeeded(&self) -> usize {
        self.statuses.range(200..300).map(|(_, count)| count).sum()
    }

    /// Successful answers a second.
    pub fn per_second(&self) -> f64 {
        let succeeded = u32::try_from(self.succeeded()).unwrap_or(u32::MAX);
        f64::from(succeeded) / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }

    /// The time within which this share of the requests (0.0 to 1.0) was answered.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into a list"
    )]
    pub fn percentile(&self, share: f64) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        let index = (last as f64 * share.clamp(0.0, 1.0)).round() as usize;
        self.latencies.get(index).copied().unwrap_or_default()
    }
}

/// Keeps `connections` busy, spread over the servers in turn: each sends its next request when the answer
/// to the one before has come. `next` makes the request from the connection's number and a count from 0.
/// A broken connection is counted and opened again.
pub async fn closed_loop(
    servers: &[SocketAddr],
    connections: usize,
    until: Until,
    next: impl Fn(usize, usize) -> Vec<u8>,
) -> Report {
    let begun = Instant::now();
    let share = |number: usize| match until {
        Until::Elapsed(_) => usize::MAX,
        Until::Requests(all) => all / connections + usize::from(number < all % connections),
    };
    let end = match until {
        Until::Elapsed(time) => Some(begun + time),
        Until::Requests(_) => None,
    };
    let next = &next;
    let runs = (0..connections).map(|number| {
        let (address, share) = (servers[number % servers.len()], share(number));
        async move { run_one(address, share, end, |count| next(number, count)).await }
    });
    let runs = join_all(runs).await;
    let elapsed = begun.elapsed();
    let (mut statuses, mut latencies) = (BTreeMap::new(), Vec::new());
    for (status, latency) in runs.into_iter().flatten() {
        *statuses.entry(status).or_insert(0) += 1;
        latencies.push(latency);
    }
    latencies.sort_unstable();
    Report { statuses, elapsed, latencies }
}

async fn run_one(
    address: SocketAddr,
    share: usize,
    end: Option<Instant>,
    next: impl Fn(usize) -> Vec<u8>,
) -> Vec<(u16, Duration)> {
    let mut seen = Vec::new();
    let mut connection = Connection::open(address).await.ok();
    for count in 0..share {
        if end.is_some_and(|end| Instant::now() >= end) {
            break;
        }
        let sent = Instant::now();
        let reply = match connection.as_mut() {
            Some(open) => open.send(&next(count)).await.ok(),
            None => None,
        };
        seen.push((reply.as_ref().map_or(0, |reply| reply.status), sent.elapsed()));
        if reply.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
            connection = Connection::open(address).await.ok();
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn answers_with_a_length_and_in_chunks_are_read_whole() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 1024];
            for answer in [
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
                "HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            ] {
                let _ = stream.read(&mut buffer).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        };
        let client = async {
            let mut connection = Connection::open(address).await.unwrap();
            let call = request("GET", "/", &[], "");
            let first = connection.send(&call).await.unwrap();
            assert_eq!((first.status, first.body.as_slice()), (200, b"hello".as_slice()));
            let second = connection.send(&call).await.unwrap();
            assert_eq!((second.status, second.body.as_slice()), (409, b"abcde".as_slice()));
        };
        tokio::join!(server, client);
    }
}
