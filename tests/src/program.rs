//! The program under test, run to its end.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where the binary `academy` is.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
}

/// What a command left behind.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Output {
    /// Asserts that the command exited with 0.
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "the command failed:\n{}{}", self.out, self.err);
        self
    }
}

impl Program {
    /// The program at `path`, unless `ACADEMY_BIN` names another.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = std::env::var_os("ACADEMY_BIN").map_or_else(|| path.into(), PathBuf::from);
        Self { path }
    }

    /// A command without any setting of this process's own.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        let ours = |name: &OsString| {
            let name = name.to_string_lossy();
            name.starts_with("ACADEMY_") || name == "DATABASE_URL"
        };
        for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
            command.env_remove(name);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
        let mut command = self.command();
        command.args(arguments).envs(settings.iter().copied());
        let output = command.output().expect("the program can be started");
        Output {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
