//! A running server, stopped when it is dropped.

use crate::{Database, Mailbox, Program};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long a start and a stop may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(crate) program: Program,
    pub(crate) database_url: String,
    pub(crate) mails: PathBuf,
    pub(crate) clock: PathBuf,
    /// Further environment variables; the last of a name counts.
    pub more: Vec<(String, String)>,
}

impl Settings {
    pub(crate) fn new(program: &Program, database: &Database, mailbox: &Mailbox, clock: PathBuf) -> Self {
        Self {
            program: program.clone(),
            database_url: database.url(),
            mails: mailbox.directory(),
            clock,
            more: Vec::new(),
        }
    }

    /// The same with one more environment variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.more.push((name.to_owned(), value.to_owned()));
        self
    }

    fn command(&self) -> Command {
        let mut command = self.program.command();
        command.arg("serve");
        command.env("DATABASE_URL", &self.database_url).env("ACADEMY_LISTEN", "127.0.0.1:0");
        command.env("ACADEMY_RATE_LIMIT", "off").env("ACADEMY_MAIL_DIR", &self.mails);
        command.env("ACADEMY_CLOCK_OFFSET_FILE", &self.clock);
        command.envs(self.more.iter().map(|(name, value)| (name, value)));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// A running server.
pub struct Server {
    settings: Settings,
    running: Mutex<Running>,
}

struct Running {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Server {
    /// Starts one and waits until it is ready.
    ///
    /// # Panics
    /// When it ends before it listens, or isn't ready in time.
    pub async fn start(settings: Settings) -> Self {
        let running = Running::start(&settings).await;
        Self { settings, running: Mutex::new(running) }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.lock().address
    }

    /// `http://ADDRESS:PORT`.
    pub fn base(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.lock().child.id()
    }

    /// All it wrote to standard output and standard error since its last start.
    pub fn log(&self) -> String {
        let log = self.lock().log.clone();
        let text = log.lock().unwrap_or_else(PoisonError::into_inner);
        text.clone()
    }

    /// SIGKILL: nothing is drained, nothing is written down.
    pub fn kill(&self) {
        let mut running = self.lock();
        let _ = running.child.kill();
        let _ = running.child.wait();
    }

    /// SIGSTOP: it stands still, with whatever it holds, until [`Self::go_on`].
    pub fn stand_still(&self) {
        signal("STOP", self.pid());
    }

    /// SIGCONT.
    pub fn go_on(&self) {
        signal("CONT", self.pid());
    }

    /// SIGTERM, without waiting.
    pub fn ask_to_stop(&self) {
        signal("TERM", self.pid());
    }

    /// SIGTERM; waits for the end and gives the exit code, -1 when a signal ended it.
    ///
    /// # Panics
    /// When it doesn't end in time.
    pub async fn stop(&self) -> i32 {
        self.ask_to_stop();
        self.ended().await
    }

    /// Waits for the end and gives the exit code, -1 when a signal ended it.
    ///
    /// # Panics
    /// When it doesn't end in time.
    pub async fn ended(&self) -> i32 {
        let begun = Instant::now();
        loop {
            let ended = self.lock().child.try_wait().expect("the server's state can be read");
            if let Some(status) = ended {
                return status.code().unwrap_or(-1);
            }
            assert!(begun.elapsed() < PATIENCE, "the server doesn't stop:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Starts it again, on another port, after it was stopped or killed.
    ///
    /// # Panics
    /// As [`Server::start`].
    pub async fn start_again(&self) {
        self.kill();
        let running = Running::start(&self.settings).await;
        *self.lock() = running;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let from = log.char_indices().rev().nth(6_000).map_or(0, |(at, _)| at);
            eprintln!("— the server's log:\n{}", &log[from..]);
        }
    }
}

impl Running {
    async fn start(settings: &Settings) -> Self {
        let mut child = settings.command().spawn().expect("the program can be started");
        let log = Arc::new(Mutex::new(String::new()));
        let (first_line, listening) = oneshot::channel();
        let out = child.stdout.take().expect("a pipe");
        let err = child.stderr.take().expect("a pipe");
        drain(out, log.clone(), Some(first_line));
        drain(err, log.clone(), None);
        let line = tokio::time::timeout(PATIENCE, listening).await;
        let text = || log.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Ok(Ok(line)) = line else {
            let _ = child.kill();
            panic!("the server doesn't start:\n{}", text())
        };
        let address = line.trim().strip_prefix("listening on http://").and_then(|rest| rest.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            panic!("the first line is not `listening on http://ADDR:PORT` but {line:?}\n{}", text())
        };
        let mut running = Self { child, address, log };
        running.wait_until_ready().await;
        running
    }

    async fn wait_until_ready(&mut self) {
        let begun = Instant::now();
        let url = format!("http://{}/health/ready", self.address);
        loop {
            if let Ok(answer) = reqwest::get(&url).await
                && answer.status() == 200
            {
                return;
            }
            if begun.elapsed() > PATIENCE {
                let _ = self.child.kill();
                panic!("not ready:\n{}", self.log.lock().unwrap_or_else(PoisonError::into_inner));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Keeps what comes through a pipe, and tells its first line.
fn drain(pipe: impl Read + Send + 'static, log: Arc<Mutex<String>>, first: Option<oneshot::Sender<String>>) {
    std::thread::spawn(move || {
        let mut first = first;
        for line in BufReader::new(pipe).lines() {
            let Ok(line) = line else { break };
            if let Some(first) = first.take() {
                let _ = first.send(line.clone());
            }
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push_str(&line);
            log.push('\n');
        }
    });
}

fn signal(name: &str, pid: u32) {
    let script = format!("kill -{name} {pid}");
    let _ = Command::new("/bin/sh").args(["-c", &script]).status();
}
