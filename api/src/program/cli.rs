//! The commands.

use super::serve::{Serving, print};
use super::settings::{DEFAULT_LOG, Layers, SETTINGS, Settings};
use super::{Failure, admin, demo, log};
use clap::{Args, Parser, Subcommand};
use domain::identity::{EmailAddress, Password};
use domain::ids::CohortId;
use persistence::admission::{cohorts_with_ledger, verify_cohort};
use persistence::{DatabaseUrl, Store, SystemClock};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// The booking backend of a leadership academy
#[derive(Parser)]
#[command(name = "academy", version, about, long_about = None)]
struct Line {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Settings as flags; each goes before its environment variable.
#[derive(Args)]
struct Flags {
    /// Settings file [default: academy.toml, where it is] [env: ACADEMY_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// sqlite://FILE or postgres://… [env: DATABASE_URL]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Address and port; port 0 picks one [env: ACADEMY_LISTEN]
    #[arg(long, global = true, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// What links in emails start with [env: ACADEMY_PUBLIC_URL]
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<String>,
    /// smtp://HOST:PORT or smtps://USER:PASSWORD@HOST:PORT [env: ACADEMY_SMTP_URL]
    #[arg(long, global = true, value_name = "URL")]
    smtp_url: Option<String>,
    /// Folder for mails as files, where no mail server is set [env: ACADEMY_MAIL_DIR]
    #[arg(long, global = true, value_name = "DIR")]
    mail_dir: Option<String>,
    /// Who mails come from [env: ACADEMY_MAIL_FROM]
    #[arg(long, global = true, value_name = "NAME <ADDRESS>")]
    mail_from: Option<String>,
    /// Address of /metrics alone [env: ACADEMY_METRICS_LISTEN]
    #[arg(long, global = true, value_name = "ADDR:PORT")]
    metrics_listen: Option<String>,
    /// Requests a peer may make in a minute, on or off [env: ACADEMY_RATE_LIMIT]
    #[arg(long, global = true, value_name = "N")]
    rate_limit: Option<String>,
    /// How many bookings may share a transaction, 1 to 256 [env: ACADEMY_DESK_BATCH]
    #[arg(long, global = true, value_name = "N")]
    desk_batch: Option<String>,
    /// What is logged, as tracing takes it [env: ACADEMY_LOG]
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    /// text or json [env: ACADEMY_LOG_FORMAT]
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API (also with no command)
    Serve,
    /// Serve five programmes to try on a fresh database, and print accounts and curl lines
    Demo,
    /// Bring the database up to date; needed before serve on PostgreSQL
    Migrate,
    /// Print the OpenAPI document
    Openapi,
    /// Print the settings in force, secrets masked
    Config,
    /// The ledgers of cohorts
    Ledger {
        #[command(subcommand)]
        command: LedgerCommand,
    },
    /// Accounts that manage the platform
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
}

#[derive(Subcommand)]
enum LedgerCommand {
    /// Replay ledgers and compare them with what is stored: exit 0 when all agrees, 1 and what differs otherwise
    Verify {
        /// Only this cohort's
        cohort_id: Option<uuid::Uuid>,
    },
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Make a platform admin; the password comes from ACADEMY_ADMIN_PASSWORD or a prompt
    Create {
        /// Whose
        #[arg(long)]
        email: String,
    },
}

impl Flags {
    fn given(self) -> (Option<PathBuf>, BTreeMap<&'static str, String>) {
        let values = [
            self.database_url,
            self.listen,
            self.public_url,
            self.smtp_url,
            self.mail_dir,
            self.mail_from,
            self.metrics_listen,
            self.rate_limit,
            self.desk_batch,
            self.log,
            self.log_format,
        ];
        let given = SETTINGS.iter().zip(values).filter_map(|(setting, value)| Some((setting.key, value?)));
        (self.config, given.collect())
    }
}

/// Runs the command line to its end.
pub fn main() -> ExitCode {
    let line = Line::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(line)),
        Err(error) => Err(Failure::of("the runtime can't begin", error)),
    };
    match done {
        Ok(code) => code,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "academy: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(line: Line) -> Result<ExitCode, Failure> {
    let (file, flags) = line.flags.given();
    let variable = |name: &str| std::env::var(name).ok();
    let file = file.or_else(|| variable("ACADEMY_CONFIG").map(PathBuf::from));
    let command = line.command.unwrap_or(Command::Serve);
    if matches!(command, Command::Openapi) {
        print(openapi::to_text(&crate::http::document::document()).trim_end())?;
        return Ok(ExitCode::SUCCESS);
    }
    let layers = Layers::collect(file, flags, variable)?;
    let mut settings = layers.parse()?;
    if matches!(command, Command::Config) {
        print(layers.show().trim_end())?;
        return Ok(ExitCode::SUCCESS);
    }
    if matches!(command, Command::Demo) && settings.log == DEFAULT_LOG {
        // What the demo prints is to be read.
        "warn".clone_into(&mut settings.log);
    }
    log::begin(&settings)?;
    match command {
        Command::Serve => Serving::prepare(settings).await?.run(async |_: &str| Ok(())).await?,
        Command::Demo => demonstrate(settings).await?,
        Command::Migrate => migrate(&settings).await?,
        Command::Admin { command: AdminCommand::Create { email } } => {
            admin::create(&settings, &email).await?
        }
        Command::Ledger { command: LedgerCommand::Verify { cohort_id } } => {
            return verify(&settings, cohort_id.map(CohortId)).await;
        }
        Command::Openapi | Command::Config => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Replays ledgers (ADM-12); also beside a server that serves the same database.
async fn verify(settings: &Settings, only: Option<CohortId>) -> Result<ExitCode, Failure> {
    let store = Store::open_beside(&settings.database_url, Arc::new(SystemClock)).await?;
    let cohorts = match only {
        Some(cohort) => vec![cohort],
        None => cohorts_with_ledger(&store.reader()).await?,
    };
    let mut differs = 0;
    for cohort in &cohorts {
        for what in verify_cohort(&store, *cohort, || std::future::ready(())).await?.differs {
            differs += 1;
            print(&what)?;
        }
    }
    store.close().await;
    if differs > 0 {
        return Ok(ExitCode::FAILURE);
    }
    print(&format!("{} ledger(s) agree with what is stored", cohorts.len()))?;
    Ok(ExitCode::SUCCESS)
}

/// Serves a fresh embedded database in a folder of its own, which goes with the program.
async fn demonstrate(mut settings: Settings) -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("academy-demo-").tempdir();
    let folder = folder.map_err(|error| Failure::of("no temporary folder can be made", error))?;
    let mails = folder.path().join("mail");
    settings.database_url =
        DatabaseUrl::parse(&format!("sqlite://{}", folder.path().join("academy.db").display()))?;
    settings.mail_dir.clone_from(&mails);
    settings.smtp_url = None;
    settings.access_life = demo::ACCESS_LIFE;
    let serving = Serving::prepare(settings).await?;
    let store = serving.app().store.clone();
    let email = EmailAddress::parse(demo::ADMIN_EMAIL).map_err(|refused| Failure(refused.detail))?;
    admin::create_in(&store, &email, &Password::typed(demo::ADMIN_PASSWORD)).await?;
    let now = store.reader().now().await?;
    let furnish = async |base: &str| {
        let guide = demo::furnish(base, &mails, now).await;
        print(&guide.map_err(|error| Failure::of("the demo can't be furnished", error))?)
    };
    serving.run(furnish).await
}

async fn migrate(settings: &Settings) -> Result<(), Failure> {
    let store = Store::open(&settings.database_url, Arc::new(SystemClock)).await?;
    store.migrate().await?;
    store.close().await;
    print("the database is up to date")
}
