//! Pictures for the invented stories: a landscape drawn from a number, so that each story has its own.

/// An SVG picture, 640 by 400: sky, sun, two ranges of hills and a river.
pub(super) fn svg(seed: u64) -> String {
    let pick = |place: u32, range: u64| (seed.rotate_right(place * 7) ^ u64::from(place).wrapping_mul(0x9E37_79B9)) % range;
    let hue = pick(1, 360);
    let (sun_x, sun_y, sun) = (80 + pick(2, 480), 60 + pick(3, 100), 26 + pick(4, 26));
    let hill = |place: u32, base: u64| {
        let height = |i: u32| base - pick(place + i, 90);
        format!(
            "M0 {} C120 {} 200 {} 330 {} S540 {} 640 {} V400 H0Z",
            height(0),
            height(1),
            height(2),
            height(3),
            height(4),
            height(5)
        )
    };
    let river = 120 + pick(20, 360);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 400\" width=\"640\" height=\"400\">\
         <rect width=\"640\" height=\"400\" fill=\"hsl({hue} 45% 82%)\"/>\
         <circle cx=\"{sun_x}\" cy=\"{sun_y}\" r=\"{sun}\" fill=\"hsl({} 85% 68%)\"/>\
         <path d=\"{}\" fill=\"hsl({} 28% 58%)\"/><path d=\"{}\" fill=\"hsl({} 34% 40%)\"/>\
         <path d=\"M{river} 400 C{} 360 {} 330 {river} 300 L{} 300 C{} 330 {} 360 {} 400Z\" fill=\"hsl({} 40% 76%)\"/></svg>",
        (hue + 40) % 360,
        hill(5, 270),
        (hue + 150) % 360,
        hill(12, 345),
        (hue + 130) % 360,
        river + 60,
        river - 40,
        river + 14,
        river - 10,
        river + 150,
        river + 120,
        (hue + 10) % 360,
    )
}
