//! PostgreSQL for tests: the one that `TEST_DATABASE_URL` names, or a throwaway cluster of the installed
//! binaries that ends with the process, however that ends.

mod pair;

use crate::disk::Disk;
use crate::scratch;
pub(crate) use pair::Pair;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// Keeps the log of changes short where the disk is small.
const SMALL: &str = " -c max_wal_size=64MB -c min_wal_size=32MB -c checkpoint_timeout=30s";

/// A running PostgreSQL.
pub struct Cluster {
    /// `postgres://…` without a database's name, ending in `/`.
    base: String,
    home: Option<Home>,
}

/// The files and the user of a throwaway cluster.
struct Home {
    binaries: PathBuf,
    directory: PathBuf,
    port: u16,
    user: Option<(u32, u32)>,
    /// Waits for the end of its standard input, then stops the cluster and removes its files.
    reaper: Mutex<Child>,
    /// What it lies on, where that is a disk of its own: goes after the files.
    disk: Option<Disk>,
}

/// The cluster that all tests of this process share; `None` where there is none to be had.
///
/// # Panics
/// When `REQUIRE_POSTGRES=1` and there is none.
pub(crate) fn shared() -> Option<&'static Cluster> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| match std::env::var("TEST_DATABASE_URL") {
        Ok(url) => Some(Cluster::existing(&url)),
        Err(_) => Cluster::throwaway(),
    });
    if shared.is_none() {
        let required = std::env::var("REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "REQUIRE_POSTGRES=1, but there is no TEST_DATABASE_URL and no PostgreSQL installed"
        );
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            eprintln!(
                "\n*** NOT TESTED ON POSTGRESQL: set TEST_DATABASE_URL, or install its binaries (initdb, pg_ctl) ***\n"
            );
        });
    }
    shared.as_ref()
}

impl Cluster {
    /// The server that `url` names, with whatever database; the user must be able to create databases.
    fn existing(url: &str) -> Self {
        let base = url.split('?').next().unwrap_or(url);
        let base = base.rsplit_once('/').map_or(base, |(base, _)| base);
        Self { base: format!("{base}/"), home: None }
    }

    /// A new cluster on a free port of the loopback, or `None` where no binaries are installed.
    ///
    /// # Panics
    /// When the binaries are there and the cluster doesn't start.
    pub fn throwaway() -> Option<Self> {
        Self::on(None)
    }

    /// The same, on that disk.
    fn on(disk: Option<Disk>) -> Option<Self> {
        let home = Home::open(disk)?;
        home.initialise();
        Some(Self::started(home))
    }

    fn started(home: Home) -> Self {
        let cluster = Self { base: format!("postgres://academy@127.0.0.1:{}/", home.port), home: Some(home) };
        cluster.start();
        cluster
    }

    /// The same, said loudly where there is none.
    ///
    /// # Panics
    /// When `REQUIRE_POSTGRES=1` and there is none.
    pub(crate) fn own() -> Option<Self> {
        Self::own_on(None)
    }

    fn own_on(disk: Option<Disk>) -> Option<Self> {
        let own = Self::on(disk);
        if own.is_none() {
            let required = std::env::var("REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
            assert!(
                !required,
                "REQUIRE_POSTGRES=1, but PostgreSQL is not installed, so no crash can be tried"
            );
            eprintln!("\n*** NO CRASH OF POSTGRESQL TRIED: install its binaries (initdb, pg_ctl) ***\n");
        }
        own
    }

    /// The address of a database in it.
    pub fn url(&self, database: &str) -> String {
        format!("{}{database}", self.base)
    }

    /// Starts a stopped throwaway cluster and waits until it answers.
    ///
    /// # Panics
    /// When it doesn't start, or is not ours to start.
    pub fn start(&self) {
        let home = self.home.as_ref().expect("only a throwaway cluster is started");
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300 \
             -c shared_buffers=128MB -c fsync=on -c synchronous_commit=on -c log_min_messages=fatal \
             -c wal_keep_size=64MB -c wal_retrieve_retry_interval=200ms{}",
            home.port,
            if home.disk.is_some() { SMALL } else { "" }
        );
        let log = home.directory.join("log").display().to_string();
        home.run("pg_ctl", &["-D", &home.data(), "-w", "-l", &log, "-o", &options, "start"]);
    }

    /// Stops it as a power cut would: nothing is written down, recovery follows at the next start.
    ///
    /// # Panics
    /// When it is not ours to stop.
    pub fn stop_immediately(&self) {
        let home = self.home.as_ref().expect("only a throwaway cluster is stopped");
        home.run("pg_ctl", &["-D", &home.data(), "-w", "-m", "immediate", "stop"]);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let Some(home) = &self.home else { return };
        if let Ok(mut reaper) = home.reaper.lock() {
            drop(reaper.stdin.take());
            let _ = reaper.wait();
        }
    }
}

impl Home {
    /// A directory for a cluster, on that disk where one is given; `None` where no binaries are installed.
    fn open(disk: Option<Disk>) -> Option<Self> {
        let binaries = find_binaries()?;
        let user = unprivileged_user();
        let place = disk.as_ref().map_or_else(std::env::temp_dir, |disk| disk.path().to_owned());
        let directory = tempfile::Builder::new().prefix("academy-postgres-").tempdir_in(place);
        let directory = directory.expect("a directory for the cluster").keep();
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&directory, Some(uid), Some(gid)).expect("the cluster's user owns it");
        }
        let stop_and_remove = "\"$1/pg_ctl\" -D \"$2/data\" -m immediate -w stop; rm -rf \"$2\"";
        let reaper = scratch::reaper(stop_and_remove, &[&binaries, &directory], user);
        Some(Self { binaries, directory, port: free_port(), user, reaper: Mutex::new(reaper), disk })
    }

    /// An empty cluster.
    fn initialise(&self) {
        let data = self.data();
        let arguments =
            ["-D", &data, "-U", "academy", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
        self.run("initdb", &arguments);
    }

    fn data(&self) -> String {
        self.directory.join("data").display().to_string()
    }

    fn run(&self, name: &str, arguments: &[&str]) {
        let log = || std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        assert!(self.try_to(name, arguments), "{name} {arguments:?} failed: {}", log());
    }

    /// Runs one of PostgreSQL's programs and says whether it succeeded.
    fn try_to(&self, name: &str, arguments: &[&str]) -> bool {
        let mut command = Command::new(self.binaries.join(name));
        command.args(arguments).current_dir(&self.directory).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        scratch::become_user(&mut command, self.user);
        command.status().expect("PostgreSQL's binaries can be started").success()
    }
}

/// One of PostgreSQL's programs, such as `pgbench`, where the server's are.
pub fn binary(name: &str) -> Option<PathBuf> {
    find_binaries().map(|place| place.join(name)).filter(|path| path.exists())
}

/// The newest directory that holds the binaries: where Debian puts them, or in the `PATH`.
fn find_binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten().flatten();
    let mut places: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    places.sort();
    places.reverse();
    places.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    places
        .into_iter()
        .find(|place| ["initdb", "pg_ctl", "postgres"].iter().all(|name| place.join(name).exists()))
}

/// PostgreSQL refuses to run as root: `postgres`, or else `nobody`, does it for us.
fn unprivileged_user() -> Option<(u32, u32)> {
    if std::fs::metadata("/proc/self").map(|me| me.uid()).ok() != Some(0) {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(str::parse);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    Some(find("postgres").or_else(|| find("nobody")).expect("a user that is not root"))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port of the loopback");
    listener.local_addr().expect("the port's number").port()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Database;

    #[tokio::test]
    async fn a_throwaway_cluster_survives_a_power_cut_and_leaves_nothing_behind() {
        let Some(cluster) = Cluster::own() else { return };
        let database = Database::at(cluster.url("postgres"));
        database.execute("CREATE TABLE t AS SELECT 'kept' AS word").await.unwrap();
        cluster.stop_immediately();
        cluster.start();
        assert_eq!(database.column("SELECT word FROM t").await, ["kept"]);
        assert_eq!(database.column("SHOW fsync").await, ["on"]);
        let directory = cluster.home.as_ref().unwrap().directory.clone();
        drop(cluster);
        assert!(!directory.exists());
    }
}
