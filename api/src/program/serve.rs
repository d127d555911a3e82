//! `academy serve`: opens the database, listens, serves, drains.

use super::Failure;
use super::jobs::{Jobs, Wake};
use super::settings::Settings;
use crate::admission::jobs::{enter_all_due, invite_all_due, look_at_organisations, verify_ledgers};
use crate::catalogue::{forget_adjustments, notice_minimums};
use crate::http::app::{App, Shared};
use crate::http::document::routes;
use crate::http::frame::frame;
use crate::http::problem::Problem;
use crate::http::service::{Description, nothing_here};
use crate::messaging::Post;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{HttpServer, web};
use persistence::admission::{forget_colleagues, forget_drafts};
use persistence::governance::repeats;
use persistence::{Origin, Store, StoreError, SystemClock};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpSocket, lookup_host};
use tokio::signal::unix::{Signal, SignalKind, signal};
use utoipa_actix_web::service_config::ServiceConfig;

/// How long requests that run may take to end when the program drains.
const DRAIN: u64 = 30;

/// Connections that may wait to be taken.
const BACKLOG: u32 = 4096;

/// Everything that serving needs, open and ready.
pub(crate) struct Serving {
    app: App,
    description: Arc<Description>,
    listener: TcpListener,
    address: SocketAddr,
}

impl Serving {
    /// Takes the port, opens the database and brings an embedded one up to date.
    ///
    /// # Errors
    /// A taken port, a database that can't be reached or isn't migrated: each said plainly.
    pub(crate) async fn prepare(mut settings: Settings) -> Result<Self, Failure> {
        let listener = listen(&settings.listen).await?;
        let address =
            listener.local_addr().map_err(|error| Failure::of("the address can't be read", error))?;
        if settings.public_url == format!("http://{}", settings.listen) {
            settings.public_url = format!("http://{address}");
        }
        let store = Arc::new(open(&settings).await?);
        let app = App::new(Shared::open(store, settings).await?);
        Ok(Self { app, description: Description::new(), listener, address })
    }

    /// What handlers share.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// `http://ADDRESS:PORT`.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until SIGTERM or SIGINT, then drains. `once_listening` runs beside it, after the first line was
    /// printed.
    ///
    /// # Errors
    /// When the server can't run, or `once_listening` fails.
    pub(crate) async fn run(
        self,
        once_listening: impl AsyncFnOnce(&str) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let failed = |error| Failure::of("the server can't run", error);
        let base = self.base();
        let Self { app, description, listener, .. } = self;
        let jobs = begin_jobs(&app)?;
        let mut stop = Stop::new().map_err(failed)?;
        let metrics = metrics_server(&app)?;
        let server = http_server(&app, description, listener).map_err(failed)?;
        let handle = server.handle();
        tokio::pin!(server);
        print(&format!("listening on {base}"))?;
        app.lifecycle.set_ready();
        let beside = async {
            once_listening(&base).await?;
            if let Some(metrics) = metrics {
                metrics.await.map_err(failed)?;
            }
            std::future::pending::<Result<(), Failure>>().await
        };
        let (ended, still_serves) = tokio::select! {
            ended = &mut server => (Some(ended.map_err(failed)), false),
            failure = beside => (Some(failure), true),
            () = stop.asked() => (None, true),
        };
        app.lifecycle.set_draining();
        tracing::info!("draining");
        // Jobs first: their connections to the database may live on the server's threads.
        jobs.stop().await;
        let served = if still_serves {
            tokio::join!(handle.stop(ended.is_none()), server).1.map_err(failed)
        } else {
            Ok(())
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), app.store.close()).await;
        tracing::info!("stopped");
        ended.unwrap_or(served)
    }
}

/// Opens the database: an embedded one is migrated, another must have been.
///
/// # Errors
/// When it can't be reached or steps are pending.
async fn open(settings: &Settings) -> Result<Store, Failure> {
    let store = Store::open(&settings.database_url, Arc::new(SystemClock)).await?;
    if store.is_embedded() {
        store.migrate().await?;
    } else {
        let pending = store.pending_migrations().await?;
        if pending > 0 {
            let text = "of the schema's history not taken yet. Run `academy migrate` first";
            return Err(Failure(format!("the database is behind: {pending} step(s) {text}")));
        }
    }
    Ok(store)
}

async fn listen(address: &str) -> Result<TcpListener, Failure> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Failure(format!(
            "{address} is taken by another program. Stop it, or choose another with --listen or ACADEMY_LISTEN"
        )),
        _ => Failure::of(&format!("can't listen on {address}"), error),
    };
    let resolved = lookup_host(address).await.map_err(failed)?.next();
    let resolved = resolved.ok_or_else(|| Failure(format!("{address} is no address")))?;
    let socket =
        if resolved.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(failed)?;
    socket.set_reuseaddr(true).map_err(failed)?;
    socket.bind(resolved).map_err(failed)?;
    socket.listen(BACKLOG).and_then(tokio::net::TcpListener::into_std).map_err(failed)
}

fn http_server(app: &App, description: Arc<Description>, listener: TcpListener) -> std::io::Result<Server> {
    let app = app.clone();
    let description = web::Data::from(description);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(app.clone())
            .app_data(description.clone())
            .configure(|cfg| routes(&mut ServiceConfig::new(cfg)))
            .configure(crate::http::docs::serve)
            .default_service(web::to(nothing_here))
            .wrap(from_fn(frame))
    });
    let server = server
        .workers(cores)
        .keep_alive(Duration::from_secs(15))
        .client_request_timeout(Duration::from_secs(10))
        .client_disconnect_timeout(Duration::from_secs(2))
        .shutdown_timeout(DRAIN)
        .disable_signals();
    Ok(server.listen(listener)?.run())
}

/// The server of metrics alone, where an address is set for it.
fn metrics_server(app: &App) -> Result<Option<Server>, Failure> {
    let Some(address) = app.settings.metrics_listen else { return Ok(None) };
    let app = app.clone();
    let server = HttpServer::new(move || {
        let app = app.clone();
        let metrics = web::get().to(move || {
            let text = app.metrics.to_text();
            async move { actix_web::HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text) }
        });
        actix_web::App::new().service(web::resource("/metrics").route(metrics))
    });
    let server = server.workers(1).disable_signals().bind(address);
    let server = server.map_err(|error| Failure::of(&format!("can't serve metrics on {address}"), error))?;
    Ok(Some(server.run()))
}

/// What is done without anybody asking.
fn begin_jobs(app: &App) -> Result<Jobs, Failure> {
    let post = Arc::new(Post::new(&app.settings).map_err(Failure)?);
    let mut jobs = Jobs::new(app.clone());
    jobs.every("post", Duration::from_secs(5), Some(|shared| &shared.store.mail_is_due), move |app| {
        let post = post.clone();
        async move { post.turn(&app).await }
    });
    jobs.every("repeats", Duration::from_secs(60), None, |app| async move {
        let mut work = app.store.begin(Origin::job()).await?;
        repeats::forget_expired(&mut work).await?;
        forget_drafts(&mut work).await?;
        forget_colleagues(&mut work).await?;
        work.commit().await
    });
    jobs.every("due", Duration::from_secs(2), None, |app| async move { enter_all_due(&app).await });
    jobs.every("minimums", Duration::from_secs(10), None, |app| async move { notice_minimums(&app).await });
    jobs.every(
        "adjustments",
        Duration::from_secs(10),
        None,
        |app| async move { forget_adjustments(&app).await },
    );
    jobs.every("invitations", Duration::from_secs(2), None, |app| async move { invite_all_due(&app).await });
    let changed: Wake = |shared| &shared.identity.organisations_changed;
    jobs.every("organisations", Duration::from_secs(5), Some(changed), |app| async move {
        look_at_organisations(&app).await
    });
    jobs.every("ledgers", Duration::from_secs(5), None, |app| async move { verify_ledgers(&app).await });
    jobs.every("limits", Duration::from_secs(60), None, |app| async move {
        app.peers.forget_idle();
        Ok::<(), StoreError>(())
    });
    Ok(jobs)
}

/// SIGTERM and SIGINT.
struct Stop(Signal, Signal);

impl Stop {
    fn new() -> std::io::Result<Self> {
        Ok(Self(signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

/// Prints a line on standard output at once.
///
/// # Errors
/// When nobody can take it.
pub(crate) fn print(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|error| Failure::of("nothing can be printed", error))
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem.code().title().to_owned())
    }
}
