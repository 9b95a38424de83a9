//! The JSON schema of `feeds.toml`, for editors. Committed as `deploy/feeds.schema.json`; a file names it in its first
//! line, `#:schema deploy/feeds.schema.json`.

use schemars::generate::SchemaSettings;

use crate::config::raw;

/// The schema as a JSON document with a line break at its end, the same for every build.
pub fn schema() -> String {
    // Draft 7 is what TOML editors read. Without references a description always stands beside what it describes.
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<raw::File>();
    schema.insert("title".to_owned(), "feeds.toml".into());
    format!("{:#}\n", schema.to_value())
}
