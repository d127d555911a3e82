//! `academy admin create`: the first account that may make others.

use super::Failure;
use super::settings::Settings;
use domain::identity::{EmailAddress, Password};
use persistence::identity::verification::create_platform_admin;
use persistence::{Origin, Store, SystemClock};
use std::sync::Arc;

/// Makes a platform admin, on an embedded database also before the first `serve`.
///
/// # Errors
/// A wrong email or password; a database that can't be reached.
pub(crate) async fn create(settings: &Settings, email: &str) -> Result<(), Failure> {
    let email = EmailAddress::parse(email).map_err(|refused| Failure::of("--email", refused))?;
    let password = password()?;
    let password =
        Password::choose(&password, Some(&email)).map_err(|refused| Failure::of("the password", refused))?;
    let store = Store::open_beside(&settings.database_url, Arc::new(SystemClock)).await?;
    if store.is_embedded() {
        store.migrate().await?;
    }
    create_in(&store, &email, &password).await?;
    store.close().await;
    super::serve::print(&format!("{} is a platform admin", email.as_typed()))
}

/// The same on an open database.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn create_in(
    store: &Store,
    email: &EmailAddress,
    password: &Password,
) -> Result<(), Failure> {
    let hash =
        crate::identity::hash_now(password).ok_or_else(|| Failure("the password can't be hashed".into()))?;
    let mut work = store.begin(Origin::operator()).await?;
    create_platform_admin(&mut work, email, hash).await?;
    Ok(work.commit().await?)
}

fn password() -> Result<String, Failure> {
    if let Ok(password) = std::env::var("ACADEMY_ADMIN_PASSWORD") {
        return Ok(password);
    }
    let ask = |what: &str| {
        let typed = rpassword::prompt_password(what);
        typed.map_err(|error| Failure::of("no password can be asked for; set ACADEMY_ADMIN_PASSWORD", error))
    };
    let password = ask("Password: ")?;
    if ask("Again: ")? == password { Ok(password) } else { Err(Failure("the two passwords differ".into())) }
}
