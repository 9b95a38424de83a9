//! Why a story that is like another is another, in Vietnamese.

use crate::flow::render::text;
use crate::model::{Difference, Reason, Refusal};

/// A sentence.
pub(super) fn because(refusal: &Refusal) -> String {
    match refusal {
        Refusal::OwnSource => "Tin kia đã có một bài khác của cùng nguồn.".to_owned(),
        Refusal::Time => "Hai tin đăng cách nhau hơn 72 giờ.".to_owned(),
        Refusal::OneSite => "Hai bài đăng trên cùng một trang và không giống hệt nhau.".to_owned(),
        Refusal::Lead(reason) => format!("{}.", told(reason)),
        Refusal::Member(source, reason) => format!("So với bài của nguồn {source} trong tin kia: {}.", lowered(&told(reason))),
        Refusal::Late(_) => "Giống nhau, nhưng đã là hai tin trước khi có thể so sánh.".to_owned(),
    }
}

fn told(reason: &Reason) -> String {
    match reason {
        Reason::Alike(_) => "Giống nhau".to_owned(),
        Reason::General => "Cùng một tiêu đề, nhưng tiêu đề ấy hợp với nhiều bài và nội dung không xác nhận".to_owned(),
        Reason::Unlike => "Có quá ít điểm chung".to_owned(),
        Reason::Apart { what, first, second } => {
            let what = match what {
                Difference::Number => "Tiêu đề khác nhau ở một con số hoặc ngày",
                Difference::Ordinal => "Nói về ngày, số hoặc kỳ khác nhau",
                Difference::Count => "Số liệu khác nhau",
                Difference::Place => "Nói về nơi khác nhau",
                Difference::Name => "Nói về người hoặc sự vật khác nhau",
                Difference::Opposite => "Nói điều trái ngược, hoặc về thời điểm khác nhau",
                Difference::Word => "Mỗi tiêu đề nói một điều mà bài kia không nói",
            };
            let side = |words: &str| if words.is_empty() { "–".to_owned() } else { format!("“{}”", text::line(words)) };
            format!("{what}: {} / {}", side(first), side(second))
        }
    }
}

/// A sentence that stands within another.
fn lowered(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
