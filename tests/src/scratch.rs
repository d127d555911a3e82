//! Files of tests, which end with the process, however that ends.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// A shell that waits for the end of its standard input, which closes when this process ends, be it by SIGKILL; then it
/// runs `script` with these arguments, as that user where one is given.
pub(crate) fn reaper(script: &str, arguments: &[&Path], user: Option<(u32, u32)>) -> Child {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("read _; {script}"), "reaper"]).args(arguments).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    become_user(&mut command, user);
    command.spawn().expect("a shell can be started")
}

/// Runs a command as another user, where one is given.
pub(crate) fn become_user(command: &mut Command, user: Option<(u32, u32)>) {
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
}

/// A folder in `place` for all that this process writes there.
fn folder_in(place: &Path) -> (PathBuf, Child) {
    let folder = tempfile::Builder::new().prefix("academy-tests-").tempdir_in(place);
    let folder = folder.expect("a folder for tests").keep();
    let reaper = reaper("rm -rf \"$1\"", &[&folder], None);
    (folder, reaper)
}

/// Where databases of tests are: on a disk, as those of real servers.
pub(crate) fn on_disk() -> &'static Path {
    static FOLDER: OnceLock<(PathBuf, Child)> = OnceLock::new();
    &FOLDER.get_or_init(|| folder_in(&std::env::temp_dir())).0
}

/// Where mails of tests are: in memory where the machine has a place for that, since what mails cost to write is not the
/// program's doing.
pub(crate) fn in_memory() -> &'static Path {
    static FOLDER: OnceLock<(PathBuf, Child)> = OnceLock::new();
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    &FOLDER.get_or_init(|| folder_in(&place)).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_tests_goes_when_the_process_that_made_it_ends() {
        let (folder, mut reaper) = folder_in(&std::env::temp_dir());
        std::fs::write(folder.join("academy.db"), "rows").unwrap();
        assert!(folder.exists());
        drop(reaper.stdin.take());
        reaper.wait().unwrap();
        assert!(!folder.exists());
    }
}
