//! A proxy between a server and PostgreSQL that does to connections what networks do: loses what was sent, or the
//! answer to it, lets it wait, or cuts everything.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// `COMMIT` as a simple query of PostgreSQL's protocol, and the one that opens the next transaction.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
const COMMIT_AND_CHAIN: &[u8] = b"Q\0\0\0\x15COMMIT AND CHAIN\0";

/// More cuts than there will ever be: the proxy has ended.
const ENDED: u64 = u64::MAX / 2;

/// What happens to a COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It never arrives, and the connection is cut.
    CommitLost,
    /// It arrives; the answer is swallowed, and the connection is cut.
    AnswerSwallowed,
    /// It arrives late.
    Delayed(Duration),
}

/// A running proxy; ends when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    database: Mutex<String>,
    next: Mutex<VecDeque<Fault>>,
    done: AtomicU64,
    cuts: watch::Sender<u64>,
}

impl Proxy {
    /// One to the server that a `postgres://` address names.
    ///
    /// # Panics
    /// When no port is free, or the address names no server.
    pub async fn to(url: &str) -> Self {
        let database = server_of(url).expect("an address with a host").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the port's number");
        let shared = Arc::new(Shared {
            database: Mutex::new(database),
            next: Mutex::default(),
            done: AtomicU64::new(0),
            cuts: watch::Sender::new(0),
        });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self { address, shared, accepting }
    }

    /// The same, on a thread of its own: for who waits for programs that talk through it. Not to be called inside a
    /// runtime.
    ///
    /// # Panics
    /// As [`Proxy::to`].
    pub fn apart(url: &str) -> Self {
        let runtime = crate::world::runtime();
        let proxy = runtime.block_on(Self::to(url));
        let mut ended = proxy.shared.cuts.subscribe();
        std::thread::spawn(move || {
            runtime.block_on(async {
                while ended.changed().await.is_ok() && *ended.borrow_and_update() < ENDED {}
            })
        });
        proxy
    }

    /// Leads new connections to the server that this address names, and cuts the others.
    ///
    /// # Panics
    /// As [`Proxy::to`].
    pub fn lead_to(&self, url: &str) {
        let server = server_of(url).expect("an address with a host");
        server.clone_into(&mut self.shared.database.lock().unwrap_or_else(PoisonError::into_inner));
        self.cut();
    }

    /// The same database through the proxy.
    ///
    /// # Panics
    /// As [`Proxy::to`].
    pub fn through(&self, url: &str) -> String {
        let server = server_of(url).expect("an address with a host");
        url.replacen(server, &self.address.to_string(), 1)
    }

    /// Lets this happen to the next COMMIT that has no fault waiting for it.
    pub fn plan(&self, fault: Fault) {
        self.shared.next.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    }

    /// Forgets what was planned and has not happened.
    pub fn calm(&self) {
        self.shared.next.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// How many planned faults have happened.
    pub fn happened(&self) -> u64 {
        self.shared.done.load(Ordering::Relaxed)
    }

    /// Cuts every connection.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.shared.cuts.send_replace(ENDED);
    }
}

/// `HOST:PORT` in an address.
fn server_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let rest = rest.split(['/', '?']).next()?;
    Some(rest.rsplit_once('@').map_or(rest, |(_, server)| server))
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            let mut cuts = shared.cuts.subscribe();
            tokio::select! {
                _ = carry(client, &shared) => {}
                _ = cuts.changed() => {}
            }
        });
    }
}

async fn carry(client: TcpStream, shared: &Shared) -> io::Result<()> {
    let server = shared.database.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let database = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    database.set_nodelay(true)?;
    let (client_reads, mut client_writes) = client.into_split();
    let (mut database_reads, database_writes) = database.into_split();
    // Whichever side ends, or is to be cut, ends both.
    tokio::select! {
        up = upwards(client_reads, database_writes, shared) => up,
        down = async { tokio::io::copy(&mut database_reads, &mut client_writes).await } => down.map(|_| ()),
    }
}

async fn upwards(mut client: OwnedReadHalf, mut database: OwnedWriteHalf, shared: &Shared) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = client.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        let sent = &buffer[..read];
        let commits = sent.ends_with(COMMIT) || sent.ends_with(COMMIT_AND_CHAIN);
        let fault = if commits { shared.take() } else { None };
        match fault {
            None => database.write_all(sent).await?,
            Some(Fault::CommitLost) => return Ok(()),
            Some(Fault::AnswerSwallowed) => {
                database.write_all(sent).await?;
                // The other direction ends with this one: it is cut before PostgreSQL has flushed.
                return Ok(());
            }
            Some(Fault::Delayed(time)) => {
                tokio::time::sleep(time).await;
                database.write_all(sent).await?;
            }
        }
    }
}

impl Shared {
    fn take(&self) -> Option<Fault> {
        let fault = self.next.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        if fault.is_some() {
            self.done.fetch_add(1, Ordering::Relaxed);
        }
        fault
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_planned_fault_meets_one_commit_and_no_more() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgres://academy@{}/d", listener.local_addr().unwrap());
        let proxy = Proxy::to(&url).await;
        assert!(proxy.through(&url).ends_with("/d") && proxy.through(&url) != url);
        proxy.plan(Fault::CommitLost);
        for (sent, arrives) in [(COMMIT_AND_CHAIN, 0), (COMMIT, COMMIT.len())] {
            let mut client = TcpStream::connect(proxy.address).await.unwrap();
            let (mut database, _) = listener.accept().await.unwrap();
            client.write_all(sent).await.unwrap();
            drop(client.shutdown().await);
            let mut got = Vec::new();
            let _ = database.read_to_end(&mut got).await;
            assert_eq!(got.len(), arrives);
        }
        assert_eq!(proxy.happened(), 1);
    }

    #[test]
    fn a_proxy_apart_leads_to_another_server_and_cuts_who_was_with_the_first() {
        let servers = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
        let urls = servers.each_ref().map(|s| format!("postgres://a@{}/d", s.local_addr().unwrap()));
        let proxy = Proxy::apart(&urls[0]);
        let mut first = std::net::TcpStream::connect(proxy.address).unwrap();
        let (_held, _) = servers[0].accept().unwrap();
        proxy.lead_to(&urls[1]);
        assert_eq!(std::io::Read::read(&mut first, &mut [0]).unwrap_or(0), 0);
        let _second = std::net::TcpStream::connect(proxy.address).unwrap();
        servers[1].accept().unwrap();
    }
}
