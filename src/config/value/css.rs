//! CSS selectors, and what is written in their place by who knows other tools.

use scraper::Selector;
use scraper::error::SelectorErrorKind;

use crate::config::fault::Wrong;
use crate::config::value::{FromText, schema};

/// A CSS selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct Css(pub(in crate::config) String);

impl FromText for Css {
    const EXPECTED: &'static str = "a CSS selector such as \"h3 a\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        match Selector::parse(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) if text.trim().is_empty() => Err(Wrong::new("this selector is empty")),
            Err(error) => Err(other_language(text).unwrap_or_else(|| wrong(&error, text))),
        }
    }
}

schema!(Css, { "type": "string", "minLength": 1 });

/// What is no CSS, but another tool's way of saying it.
fn other_language(text: &str) -> Option<Wrong> {
    let trimmed = text.trim();
    if trimmed.starts_with(['/', '(']) || trimmed.starts_with("./") || trimmed.contains("[@") || trimmed.contains("/@") {
        let help = "for //div[@class=\"tin\"]//h3/a CSS has: div.tin h3 > a";
        return Some(Wrong::new("this is XPath, not CSS").help(help.to_owned()));
    }
    if ["::attr(", "::text", "::html"].iter().any(|end| trimmed.contains(end)) {
        let help = "leave it out: of `link` the href is read, of `image` the src, of all others the text";
        return Some(Wrong::new("`::text` and `::attr(…)` are scrapy's, not CSS").help(help.to_owned()));
    }
    let jquery = [":contains(", ":eq(", ":first)", ":gt(", ":lt(", ":visible", ":parent"];
    if jquery.iter().any(|end| trimmed.contains(end)) || trimmed.ends_with(":first") || trimmed.ends_with(":last") {
        let help = "CSS has :first-child, :last-child, :nth-child(2) and :has(…), and looks at no text";
        return Some(Wrong::new("this is jQuery's, not CSS").help(help.to_owned()));
    }
    None
}

/// What the parser says, in plain words where people make that mistake.
fn wrong(error: &SelectorErrorKind, text: &str) -> Wrong {
    let reason = match error {
        SelectorErrorKind::UnexpectedSelectorParseError(reason) => format!("{reason:?}"),
        SelectorErrorKind::EndOfLine => "EndOfLine".to_owned(),
        other => other.to_string(),
    };
    let plain = match reason.as_str() {
        "EndOfLine" => "it ends too early",
        "EmptySelector" if text.contains(',') => "nothing stands before or behind a comma, or between two",
        "EmptySelector" => "a part of it is empty",
        "DanglingCombinator" => "nothing stands behind its last `>`, `+` or `~`",
        "UnsupportedPseudoClassOrElement" => "a word behind `:` is unknown here; :nth-child(2), :not(…) and :has(…) are known",
        "ClassNeedsIdent" => "the name of a class has to stand behind each dot",
        "NoQualifiedNameInAttributeSelector" | "UnexpectedTokenInAttributeSelector" | "BadValueInAttr" => {
            "between [ and ] it reads: [href], [href=\"/tin\"] or [href$=\".html\"]"
        }
        _ => return Wrong::new("this is no CSS selector").help(format!("in the parser's words: {reason}")),
    };
    Wrong::new("this is no CSS selector").help(plain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::accepts;

    #[test]
    fn selectors_are_parsed() {
        accepts::<Css>(
            &["h3 a", ".news-item", "a[href$=\".html\"]", "li:nth-child(2)"],
            &["", "h3 >", "..x", "a[", "::", "a:foo(", ","],
        );
    }

    #[test]
    fn what_other_tools_take_is_named() {
        for (text, said) in [
            ("//div[@class='tin']/a", "XPath"),
            ("./a/@href", "XPath"),
            ("h3 a::text", "scrapy"),
            ("a::attr(href)", "scrapy"),
            ("li:contains('tin')", "jQuery"),
            ("li:first", "jQuery"),
            ("  ", "empty"),
        ] {
            let wrong = Css::from_text(text).expect_err(text);
            assert!(wrong.message.contains(said), "{text}: {}", wrong.message);
        }
        for (text, said) in
            [("a,", "comma"), ("h3 >", "behind its last"), ("a:foo", "unknown"), ("..x", "dot"), ("a[=x]", "[href]")]
        {
            let wrong = Css::from_text(text).expect_err(text);
            assert!(wrong.help.as_deref().is_some_and(|help| help.contains(said)), "{text}: {:?}", wrong.help);
        }
    }
}
