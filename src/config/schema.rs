//! The JSON schema of `feeds.toml`, for editors. Committed as `deploy/feeds.schema.json`; a file names it in its first
//! line, `#:schema deploy/feeds.schema.json`.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;

use crate::config::raw;

/// The schema as a JSON document with a line break at its end, the same for every build.
pub fn schema() -> String {
    // Draft 7 is what TOML editors read. Without references a description always stands beside what it describes.
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let settings = settings.with_transform(RecursiveTransform(one_line));
    let mut schema = settings.into_generator().into_root_schema_for::<raw::File>();
    schema.insert("title".to_owned(), "feeds.toml".into());
    format!("{:#}\n", schema.to_value())
}

/// A comment's line breaks are the source code's, not the reader's.
fn one_line(schema: &mut Schema) {
    if let Some(serde_json::Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
}
