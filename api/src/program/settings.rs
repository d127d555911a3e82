//! What is in force: flags, then environment, then a TOML file, then defaults.

use super::Failure;
use crate::identity::ACCESS_LIFE;
use chrono::TimeDelta;
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider};
use persistence::DatabaseUrl;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Every setting of the program. Never shown whole: addresses can hold passwords.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Where the data lives (`DATABASE_URL`).
    pub database_url: DatabaseUrl,
    /// Address and port to serve on; port 0 picks one (`ACADEMY_LISTEN`).
    pub listen: String,
    /// What links in emails start with, without a slash at the end (`ACADEMY_PUBLIC_URL`).
    pub public_url: String,
    /// Where mail goes (`ACADEMY_SMTP_URL`); without it `.eml` files are written.
    pub smtp_url: Option<SecretString>,
    /// Folder of the `.eml` files (`ACADEMY_MAIL_DIR`).
    pub mail_dir: PathBuf,
    /// Who mails come from (`ACADEMY_MAIL_FROM`).
    pub mail_from: String,
    /// Address of `/metrics` alone (`ACADEMY_METRICS_LISTEN`).
    pub metrics_listen: Option<SocketAddr>,
    /// Requests a peer may make in a minute; `None` when the limit is off (`ACADEMY_RATE_LIMIT`).
    pub rate_limit: Option<u32>,
    /// How many commands of the desk share a transaction, 1 to 256 (`ACADEMY_DESK_BATCH`).
    pub desk_batch: usize,
    /// What is logged, as `tracing` takes it (`ACADEMY_LOG`).
    pub log: String,
    /// Whether log lines are JSON (`ACADEMY_LOG_FORMAT`).
    pub log_json: bool,
    /// How long an access token is good for; only the demo, whose printed tokens last as long as it runs, sets it.
    pub access_life: TimeDelta,
}

/// Requests that a peer may make in a minute unless said otherwise.
pub(crate) const DEFAULT_RATE_LIMIT: u32 = 6000;

/// A setting: its key in the file, its environment variable, its default, and what it is for.
pub(crate) struct Setting {
    pub key: &'static str,
    pub variable: &'static str,
    pub default: Option<&'static str>,
    secret: bool,
}

const fn setting(key: &'static str, variable: &'static str, default: Option<&'static str>) -> Setting {
    Setting { key, variable, default, secret: false }
}

/// What is logged where nobody says.
pub(crate) const DEFAULT_LOG: &str = "info,actix_server=warn,sea_orm_migration=warn,sqlx=warn";

/// Every setting there is.
pub(crate) const SETTINGS: [Setting; 11] = [
    Setting { secret: true, ..setting("database_url", "DATABASE_URL", Some("sqlite://academy.db")) },
    setting("listen", "ACADEMY_LISTEN", Some("127.0.0.1:8080")),
    setting("public_url", "ACADEMY_PUBLIC_URL", None),
    Setting { secret: true, ..setting("smtp_url", "ACADEMY_SMTP_URL", None) },
    setting("mail_dir", "ACADEMY_MAIL_DIR", Some("mail")),
    setting("mail_from", "ACADEMY_MAIL_FROM", Some("Academy <academy@localhost.localdomain>")),
    setting("metrics_listen", "ACADEMY_METRICS_LISTEN", None),
    setting("rate_limit", "ACADEMY_RATE_LIMIT", Some("on")),
    setting("desk_batch", "ACADEMY_DESK_BATCH", Some("256")),
    setting("log", "ACADEMY_LOG", Some(DEFAULT_LOG)),
    setting("log_format", "ACADEMY_LOG_FORMAT", Some("text")),
];

/// One layer of settings, with the name that errors and `academy config` call it by.
struct Layer {
    name: &'static str,
    values: BTreeMap<&'static str, String>,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Serialized::defaults(&self.values).data()
    }
}

/// The values as written, before they are parsed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    database_url: String,
    listen: String,
    public_url: Option<String>,
    smtp_url: Option<String>,
    mail_dir: PathBuf,
    mail_from: String,
    metrics_listen: Option<String>,
    #[serde(deserialize_with = "number_or_word")]
    rate_limit: String,
    #[serde(deserialize_with = "number_or_word")]
    desk_batch: String,
    log: String,
    log_format: String,
}

fn number_or_word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(u32),
        Word(String),
    }
    Ok(match Either::deserialize(deserializer)? {
        Either::Number(number) => number.to_string(),
        Either::Word(word) => word,
    })
}

/// The layers put together, before they are parsed.
pub(crate) struct Layers(Figment);

impl Layers {
    /// `flags` over the environment over the file over the defaults. A file that is named must be there;
    /// `academy.toml` is read when it is.
    ///
    /// # Errors
    /// When the named file isn't there.
    pub(crate) fn collect(
        file: Option<PathBuf>,
        flags: BTreeMap<&'static str, String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let defaults = SETTINGS.iter().filter_map(|s| s.default.map(|value| (s.key, value.to_owned())));
        let environment = SETTINGS.iter().filter_map(|s| {
            variable(s.variable).filter(|value| !value.trim().is_empty()).map(|value| (s.key, value))
        });
        let mut figment = Figment::from(Layer { name: "the defaults", values: defaults.collect() });
        if let Some(file) = &file
            && !file.is_file()
        {
            return Err(Failure(format!("the settings file {} isn't there", file.display())));
        }
        figment = figment.merge(Toml::file(file.unwrap_or_else(|| "academy.toml".into())));
        figment = figment.merge(Layer { name: "the environment", values: environment.collect() });
        Ok(Self(figment.merge(Layer { name: "the flags", values: flags })))
    }

    /// The settings.
    ///
    /// # Errors
    /// Says which value is wrong and where it comes from.
    pub(crate) fn parse(&self) -> Result<Settings, Failure> {
        let raw: Raw = self.0.extract().map_err(|error| Failure::of("a setting is wrong", error))?;
        let wrong = |key: &str, what: &str| Failure(format!("{key}, from {}, {what}", self.source(key)));
        let metrics_listen = raw.metrics_listen.map(|address| {
            address.parse().map_err(|_| wrong("metrics_listen", "must be an address like 127.0.0.1:9090"))
        });
        let rate_limit = match raw.rate_limit.as_str() {
            "off" => None,
            "on" => Some(DEFAULT_RATE_LIMIT),
            number => {
                let number = number.parse::<NonZeroU32>();
                let what = "must be `on`, `off` or how many requests a peer may make in a minute";
                Some(number.map_err(|_| wrong("rate_limit", what))?.get())
            }
        };
        let desk_batch = match raw.desk_batch.parse() {
            Ok(number @ 1..=256) => number,
            _ => return Err(wrong("desk_batch", "must be 1 to 256")),
        };
        let log_json = match raw.log_format.as_str() {
            "json" => true,
            "text" => false,
            _ => return Err(wrong("log_format", "must be text or json")),
        };
        let default_url = format!("http://{}", raw.listen);
        Ok(Settings {
            database_url: DatabaseUrl::parse(&raw.database_url)?,
            public_url: raw.public_url.unwrap_or(default_url).trim_end_matches('/').to_owned(),
            listen: raw.listen,
            smtp_url: raw.smtp_url.map(SecretString::from),
            mail_dir: raw.mail_dir,
            mail_from: raw.mail_from,
            metrics_listen: metrics_listen.transpose()?,
            rate_limit,
            desk_batch,
            log: raw.log,
            log_json,
            access_life: ACCESS_LIFE,
        })
    }

    fn source(&self, key: &str) -> String {
        let metadata = self.0.find_metadata(key);
        metadata.map_or_else(
            || "nowhere".to_owned(),
            |metadata| match &metadata.source {
                Some(source) => source.to_string(),
                None => metadata.name.to_string(),
            },
        )
    }

    /// What is in force, one line a setting, secrets masked, with where each comes from.
    pub(crate) fn show(&self) -> String {
        let mut text = String::new();
        for setting in &SETTINGS {
            let value = self.0.find_value(setting.key).ok();
            let value = value.as_ref().map(|value| match value.as_str() {
                Some(text) => text.to_owned(),
                None => value.to_u128().map(|number| number.to_string()).unwrap_or_default(),
            });
            let line = match value {
                None => format!("# {} isn't set ({})\n", setting.key, setting.variable),
                Some(value) => {
                    let value = if setting.secret { masked(&value) } else { value };
                    let value = toml_text(&value);
                    format!(
                        "{} = {value}  # {}, from {}\n",
                        setting.key,
                        setting.variable,
                        self.source(setting.key)
                    )
                }
            };
            text.push_str(&line);
        }
        text
    }
}

fn toml_text(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// An address without its password.
fn masked(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return "…".to_owned() };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let query = if query.is_empty() { String::new() } else { "?…".to_owned() };
    match rest.rsplit_once('@') {
        None => format!("{scheme}://{rest}{query}"),
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:…@{host}{query}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(flags: &[(&'static str, &str)], environment: &[(&str, &str)]) -> Layers {
        let flags = flags.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let environment: BTreeMap<String, String> =
            environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Layers::collect(None, flags, |name| environment.get(name).cloned()).unwrap()
    }

    #[test]
    fn a_flag_goes_before_the_environment_and_that_before_a_default() {
        let settings = layers(
            &[("listen", "127.0.0.1:1")],
            &[("ACADEMY_LISTEN", "127.0.0.1:2"), ("ACADEMY_MAIL_DIR", "post")],
        );
        let settings = settings.parse().unwrap();
        assert_eq!(settings.listen, "127.0.0.1:1");
        assert_eq!(settings.mail_dir, PathBuf::from("post"));
        assert_eq!(settings.rate_limit, Some(6000));
    }

    #[test]
    fn a_wrong_value_is_named_with_where_it_comes_from() {
        let refused = layers(&[], &[("ACADEMY_RATE_LIMIT", "often")]).parse().err().unwrap().0;
        assert!(refused.contains("rate_limit") && refused.contains("the environment"), "{refused}");
    }

    #[test]
    fn what_is_in_force_is_shown_without_passwords() {
        let shown = layers(
            &[("database_url", "postgres://ellie:hunter2@db/academy?password=hunter2")],
            &[("ACADEMY_SMTP_URL", "smtps://me:hunter2@mail:465")],
        )
        .show();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("postgres://ellie:…@db/academy"), "{shown}");
    }

    #[test]
    fn the_limit_can_be_off() {
        assert_eq!(layers(&[], &[("ACADEMY_RATE_LIMIT", "off")]).parse().unwrap().rate_limit, None);
    }
}
