//! What is written is read; what is damaged, cut off, doubled or from the future is not.

use jiff::Timestamp;

use super::*;
use crate::model::{EntryKey, Pruned, Report, Story, StoryId};

fn header() -> Header {
    Header { version: VERSION, detail: Detail::Whole }
}

fn story(title: &str) -> Line {
    let time = Timestamp::from_second(1).unwrap();
    let report = Report { title: title.to_owned(), summary: "Tóm tắt".to_owned(), ..Report::bare("a", title) };
    let id = StoryId([1; 16]);
    let story = Story { id, seq: 9, published: time, arrived: time, updated: time, topics: Vec::new(), entries: vec![report] };
    Line::Story(Box::new(StoryLine::new(story, Detail::Whole, &|_| 0)))
}

fn pruned() -> Line {
    Line::Pruned(Pruned { entry: EntryKey([2; 16]), story: StoryId([1; 16]), listed: Vec::new() })
}

/// The lines of a dump.
fn dump(lines: &[Line]) -> Vec<String> {
    let (mut writer, first) = Writer::begin(header());
    let mut written = vec![first];
    written.extend(lines.iter().map(|line| writer.line(line)));
    written.push(writer.end());
    written
}

fn read(lines: &[String]) -> Result<Vec<Line>, ArchiveError> {
    let mut reader = Reader::default();
    let mut read = Vec::new();
    for line in lines {
        read.extend(reader.line(line)?);
    }
    reader.end()?;
    Ok(read)
}

#[test]
fn what_is_written_is_read() {
    let lines = [story("Tin có \"dấu\" và \\ , \u{1F33E}"), pruned(), story(",\"sum\":\"0123456789abcdef\"}")];
    let back = read(&dump(&lines)).unwrap();
    assert_eq!(back[1..4], lines);
    assert!(matches!(&back[0], Line::Dump(found) if *found == header()) && matches!(&back[4], Line::End(_)));
}

#[test]
fn a_line_that_was_changed_is_named() {
    let whole = dump(&[story("một"), story("hai")]);
    for at in 0..whole[1].trim_end().len() {
        let mut line = whole[1].clone().into_bytes();
        line[at] ^= 2;
        let Ok(line) = String::from_utf8(line) else { continue };
        let changed = [whole[0].clone(), line, whole[2].clone(), whole[3].clone()];
        assert!(read(&changed).is_err(), "byte {at}");
    }
    let other = whole[1].replace("một", "mốt");
    assert_eq!(read(&[whole[0].clone(), other]), Err(ArchiveError::Damaged(2)));
}

#[test]
fn missing_doubled_and_exchanged_lines_show() {
    let whole = dump(&[story("một"), story("hai")]);
    let of = |places: &[usize]| read(&places.iter().map(|place| whole[*place].clone()).collect::<Vec<_>>());
    assert_eq!(of(&[0, 1, 3]), Err(ArchiveError::Lines { said: 3, found: 2 }));
    assert_eq!(of(&[0, 1, 1, 2, 3]), Err(ArchiveError::Lines { said: 3, found: 4 }));
    assert!(of(&[0, 2, 1, 3]).is_err());
    assert_eq!(of(&[0, 1, 2]), Err(ArchiveError::CutOff(3)));
    assert!(of(&[0, 1, 2, 3, 0, 1, 2, 3]).is_ok(), "one after the other");
    assert_eq!(of(&[0, 1, 2, 3, 0, 1, 3]), Err(ArchiveError::Lines { said: 3, found: 2 }));
    assert!(matches!(of(&[0, 1, 2, 3, 1]), Err(ArchiveError::NoLine(5, _))));
}

#[test]
fn what_has_no_first_line_needs_no_checksums() {
    let by_hand: Vec<String> = ["", "  "].iter().map(|text| (*text).to_owned()).collect();
    assert_eq!(read(&by_hand), Ok(Vec::new()));
    let bare = serde_json::to_string(&pruned()).unwrap();
    assert_eq!(read(std::slice::from_ref(&bare)), Ok(vec![pruned()]));
    let first = dump(&[])[0].clone();
    assert_eq!(read(&[first, bare]), Err(ArchiveError::Damaged(2)), "and what has one needs them");
}

#[test]
fn a_later_version_is_not_guessed_at() {
    let (_, first) = Writer::begin(Header { version: VERSION + 1, ..header() });
    assert_eq!(read(&[first]), Err(ArchiveError::Later(VERSION + 1)));
    assert!(matches!(read(&["{\"tale\":{}}".to_owned()]), Err(ArchiveError::NoLine(1, _))));
}

#[test]
fn a_brief_story_keeps_what_can_not_be_fetched_again() {
    let Line::Story(line) = story("một") else { unreachable!() };
    let whole = line.story(3).unwrap();
    let brief = StoryLine::new(whole.clone(), Detail::Brief, &|_| 0).story(3).unwrap();
    assert_eq!(brief.entries[0].summary, "");
    let filled = Report { summary: whole.entries[0].summary.clone(), ..brief.entries[0].clone() };
    assert_eq!(Story { entries: vec![filled], ..brief }, whole);
}
