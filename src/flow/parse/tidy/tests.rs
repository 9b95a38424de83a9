//! What is costly, measured by what ammonia makes of it; and what is left as it was.

use url::Url;

use super::*;
use crate::flow::parse::html::with_ammonia;

#[test]
fn what_grows_is_found_and_written_anew() {
    let many: String = (0..100).map(|i| format!("<b title={i}>")).collect();
    let base = Url::parse("https://bao.example.vn/").expect("valid");
    for html in [
        format!("<p>{many}</p>{}", "<p>x</p>".repeat(400)),
        format!("<p>{many}{}", "<p>x".repeat(400)),
        format!("<p>{many}{}", "<div>x</div>".repeat(400)),
        format!("<ul><li>{many}{}", "<li>x".repeat(400)),
        format!("<table>{many}{}", "<tr>x".repeat(400)),
        format!("<p><b title={}></p>{}", "x".repeat(9_000), "<p>x</p>".repeat(5_000)),
        "<div></x>".repeat(400),
        "<span><div></span>".repeat(400),
        "<b><div></b>".repeat(400),
        format!("<div>{}", "<table></div>".repeat(400)),
        format!("<!-- --!>{}-->", "<div>".repeat(400)),
        format!("<![CDATA[>{}]]>", "<div>".repeat(400)),
        format!("<?x {}?>", "<div>".repeat(400)),
    ] {
        assert!(is_costly(&html), "{html:.80}");
        let tidy = tidied(&html);
        assert!(!is_costly(&tidy), "{tidy:.80}");
        let clean = with_ammonia(&tidy, &base);
        assert!(clean.len() < 8 * html.len(), "{} became {}", html.len(), clean.len());
    }
}

#[test]
fn what_people_write_stays_as_it_is() {
    for html in [
        "<p>một<p>hai".repeat(500),
        "<ul><li>một<li>hai</ul>".repeat(500),
        "<table><tr><td><p>a<td>b<tr><td><b>c</b></table>".repeat(200),
        "<b><p>một</b></p>".repeat(200),
        "<div><span>một</div>".repeat(300),
        "<p><font color=red>một</font></p><center><b>hai</b></center>".repeat(300),
        format!("<p><font size=2></p>{}", "<p>một</p>".repeat(2_000)),
        "R&D, Q&A &nbsp; &lt; <!-- x -->".repeat(300),
    ] {
        assert!(!is_costly(&html), "{html:.80}");
    }
}

#[test]
fn written_anew_it_says_the_same() {
    for (html, expected) in [
        ("<p>a<b>b<p>c</b>d", "<p>a<b>b</b></p><p>cd</p>"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
        ("<table><tr><td>a<td>b</table>c", "<table><tr><td>a</td><td>b</td></tr></table>c"),
        ("<p a=1 b='\"'>x & y &ecirc; &lt; <3</p></b>", "<p a=\"1\" b=\"&quot;\">x &amp; y ê &lt; &lt;3</p>"),
        ("<body x><td>a<br/><o:p>b</o:p><img src=x></img>", "a<br>b<img src=\"x\">"),
        ("a<!-- b -->c<?x?>d", "acd"),
    ] {
        assert_eq!(tidied(html), expected, "{html:.80}");
    }
}
