//! What the program leaves on disk is for its own user.

use crate::program;
use harness::{Kind, World};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    let file = path.metadata().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    file.permissions().mode() & 0o777
}

/// ACC-7.
#[test]
fn the_database_and_the_mails_can_be_read_by_the_programs_own_user_only() {
    harness::on(&program(), Kind::Sqlite, &async |mut world: World| {
        let file = world.database.file().expect("a file");
        let home = file.parent().expect("a folder").to_owned();
        let (fresh, mails) = (home.join("fresh.db"), home.join("of/mails"));
        let settings = world.settings().with("DATABASE_URL", &format!("sqlite://{}", fresh.display()));
        let settings = settings.with("ACADEMY_MAIL_DIR", &mails.display().to_string());
        world.restart_with(settings).await;
        let body =
            json!({"email": "nia@example.uk", "password": "correct horse battery staple", "fullName": "Nia"});
        let _ = world.anonymous().post("/v1/auth/register", body).await.status(202);
        for ending in ["", "-wal", "-shm", ".lock"] {
            let path = home.join(format!("fresh.db{ending}"));
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
        let eml = || {
            let entries = std::fs::read_dir(&mails).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "eml"))
        };
        while eml().is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(mode(&eml().expect("a mail")), 0o600);
        assert_eq!((mode(&mails), mode(&home.join("of"))), (0o700, 0o700));
    });
}
