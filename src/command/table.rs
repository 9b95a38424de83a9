//! Tables for people.

use std::fmt::Display;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, Color, ContentArrangement, Table};

pub use crate::flow::render::clock;

/// An empty table with these headings.
pub fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings.iter().map(|heading| Cell::new(heading).add_attribute(comfy_table::Attribute::Bold)));
    table
}

/// A word that is coloured on a terminal.
pub fn coloured(word: &str, color: Color) -> Cell {
    Cell::new(word).fg(color)
}

/// A number with what it counts: `1 source`, `2 sources`.
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let noun = if count == N::from(1_u8) { one } else { many };
    format!("{count} {noun}")
}
