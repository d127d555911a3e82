//! A small disk of a test's own, that can be filled and emptied, where this process may mount one: as root, or in a
//! user namespace (`unshare -rm`).

use crate::scratch;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::Duration;

/// A mounted one; gone with the process, however that ends.
pub(crate) struct Disk {
    place: PathBuf,
    reaper: Child,
}

impl Disk {
    /// One in memory with room for that much; `None` where this process may not mount any.
    pub(crate) fn mount(megabytes: u32) -> Option<Self> {
        let place = tempfile::Builder::new().prefix("academy-disk-").tempdir();
        let place = place.expect("a directory to mount on").keep();
        let size = format!("size={megabytes}m");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &size, "academy-disk"]).arg(&place);
        let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !done.is_ok_and(|status| status.success()) {
            let _ = std::fs::remove_dir(&place);
            return None;
        }
        // Who still works on it is stopped by others.
        let unmount = "for _ in 1 2 3 4 5 6 7 8 9 10; do umount \"$1\" && break; sleep 0.5; done; \
                       umount -l \"$1\"; rmdir \"$1\"";
        let reaper = scratch::reaper(unmount, &[&place], None);
        Some(Self { place, reaper })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.place
    }

    /// Takes all the room that is left, and all that others give back, until the answer is dropped; once it is
    /// answered, the disk has been full.
    pub(crate) fn fill(&self) -> Filling {
        let over = Arc::new(AtomicBool::new(false));
        let (path, end) = (self.place.join("filling"), over.clone());
        let (full, is_full) = channel();
        let thread = std::thread::spawn(move || {
            let mut file = File::create(&path).expect("a file on the small disk");
            while !end.load(Ordering::Relaxed) {
                take_all_room(&mut file);
                let _ = full.send(());
                std::thread::sleep(Duration::from_millis(5));
            }
            drop(file);
            let _ = std::fs::remove_file(&path);
        });
        is_full.recv().expect("the small disk fills up");
        Filling { over, thread: Some(thread) }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.reaper.stdin.take());
        let _ = self.reaper.wait();
    }
}

fn take_all_room(file: &mut File) {
    for chunk in [1 << 20, 1 << 12] {
        while file.write_all(&vec![0; chunk]).is_ok() {}
    }
}

/// Keeps a disk full.
pub(crate) struct Filling {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Filling {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    #[test]
    fn a_disk_is_full_while_it_is_filled_and_goes_when_it_is_dropped() {
        let Some(disk) = Disk::mount(4) else { return };
        let file = disk.path().join("file");
        std::fs::write(&file, "before").unwrap();
        let filling = disk.fill();
        let refused = std::fs::write(disk.path().join("more"), vec![1; 8_192]);
        assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::StorageFull));
        drop(filling);
        std::fs::write(&file, vec![1; 8_192]).unwrap();
        let place = disk.path().to_owned();
        drop(disk);
        assert!(!place.exists());
    }
}
