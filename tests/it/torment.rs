//! What the embedded store must survive, done to it, in a short version; docs/store.md has the long one, and that which needs root.

use std::path::PathBuf;
use std::process::Command;

/// Runs `examples/torment`, which is built together with the tests.
fn torment(arguments: &[&str]) -> String {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_diemtin")).with_file_name("examples").join("torment");
    assert!(program.is_file(), "{} is built by `cargo test` and `cargo nextest run`", program.display());
    let folder = tempfile::tempdir().expect("a folder");
    let ran = Command::new(program).args(arguments).current_dir(folder.path()).output().expect("it runs");
    let (out, error) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{arguments:?}: {out}\n{error}");
    out.into_owned()
}

#[test]
fn kills_at_random_lose_nothing() {
    assert!(torment(&["kills", "12"]).contains("12 times"));
}

#[test]
fn kills_before_calls_that_change_files_lose_nothing() {
    // Which calls these are, differs: the writer's groups do.
    let told = torment(&["points", "29"]);
    assert!(told.contains("nothing lost") && told.contains("× before "), "{told}");
}

#[test]
fn calls_that_fail_are_told_and_outlived() {
    let told = torment(&["errors"]);
    for error in
        ["write fails with ENOSPC: refused, and gone on by itself", "fsync fails with EIO: refused, and gone on by itself"]
    {
        assert!(told.contains(error), "{told}");
    }
}

#[test]
fn sectors_that_cannot_be_read_lose_nothing() {
    assert!(torment(&["sectors", "8"]).contains("8 times, 0 of them it was opened; nothing lost"));
}

#[test]
fn readers_lack_nothing_while_calls_fail() {
    let told = torment(&["served", "errors", "1"]);
    assert!(told.contains("feeds whole") && told.contains("started meanwhile"), "{told}");
}

#[test]
fn flipped_bits_are_never_passed_over_in_silence() {
    assert!(torment(&["flips", "40", "3"]).contains("Named in sled/db"));
}
