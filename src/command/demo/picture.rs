//! Pictures for the invented stories: a landscape drawn from a number, so that each story has its own.

/// Sky, sun, far hills, near hills, river: mornings, noons and evenings.
const LIGHTS: [[&str; 5]; 6] = [
    ["#cfe5ee", "#f8d77a", "#9cc3b0", "#4f8a6d", "#e3f1f4"],
    ["#f6dcc0", "#ef9a56", "#c9a98a", "#7b6a55", "#fbeedd"],
    ["#dfe9f5", "#fff3c4", "#a9bfd6", "#5a7ca3", "#f2f7fc"],
    ["#f3e3d3", "#e2725b", "#b8c18f", "#6f8552", "#f8efe4"],
    ["#d8ecdf", "#fbe08a", "#8fbf9f", "#3f7a5c", "#eef8f0"],
    ["#e5dff0", "#f7b7a3", "#aca3c9", "#645f8f", "#f4f1fa"],
];

/// An SVG picture, 640 by 400: sky, sun, two ranges of hills and a river.
pub(super) fn svg(seed: u64) -> String {
    // Each place takes other bits of the seed.
    let pick = |place: u32, range: u64| seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(place * 11) % range;
    let [sky, sun, far, near, water] = LIGHTS[(seed % LIGHTS.len() as u64) as usize];
    let (sun_x, sun_y, radius) = (80 + pick(2, 480), 70 + pick(3, 90), 24 + pick(4, 30));
    let hills = |place: u32, base: u64| {
        let height = |i: u32| base - pick(place + i, 100);
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
    let (bend, mouth) = (120 + pick(20, 360), 100 + pick(21, 360));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 400\" width=\"640\" height=\"400\">\
         <rect width=\"640\" height=\"400\" fill=\"{sky}\"/><circle cx=\"{sun_x}\" cy=\"{sun_y}\" r=\"{radius}\" fill=\"{sun}\"/>\
         <path d=\"{}\" fill=\"{far}\"/><path d=\"{}\" fill=\"{near}\"/>\
         <path d=\"M{mouth} 400 Q{bend} 360 {} 330 T{bend} 285 Q{} 335 {} 350 T{} 400Z\" fill=\"{water}\"/></svg>",
        hills(5, 280),
        hills(12, 350),
        bend + 60,
        bend + 90,
        bend + 40,
        mouth + 150,
    )
}
