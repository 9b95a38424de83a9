//! How likely a topic is, by what its machine says and by what those of the other topics say: a logistic regression over the margins that
//! machines gave to texts they had not learned from (Platt, "Probabilistic Outputs for Support Vector Machines", 1999; Wolpert, "Stacked
//! Generalization", 1992).

use diemtin::flow::topic::learned::Calibration;

/// What a topic's likelihood follows from, and one column for what is so without any of it.
const COLUMNS: usize = 4;
/// Newton's steps; the last ones change nothing that the table shows.
const ROUNDS: usize = 12;
/// How much a coefficient of one costs: it keeps them finite, no more.
const RIDGE: f64 = 1.0;

type Row = [f64; COLUMNS];

/// The calibration under which the labels are the likeliest. Each text has a margin of every topic, and whether it has the topic.
pub fn calibrate(texts: &[(Vec<f32>, Vec<bool>)]) -> Calibration {
    let rows = texts.iter().flat_map(|(margins, labels)| {
        let evidence = (0..margins.len()).map(|topic| Calibration::evidence(margins, topic).map(f64::from));
        evidence.map(|[own, rivals, all]| [own, rivals, all, 1.0]).zip(labels.iter().copied())
    });
    let rows: Vec<(Row, bool)> = rows.collect();
    let mut coefficients = [0.0; COLUMNS];
    for _ in 0..ROUNDS {
        let (mut slope, mut curve) = ([0.0; COLUMNS], [[0.0; COLUMNS]; COLUMNS]);
        for (row, label) in &rows {
            let odds: f64 = row.iter().zip(&coefficients).map(|(value, coefficient)| value * coefficient).sum();
            let likely = 1.0 / (1.0 + (-odds).exp());
            for i in 0..COLUMNS {
                slope[i] += row[i] * (f64::from(*label) - likely);
                (0..COLUMNS).for_each(|j| curve[i][j] += row[i] * row[j] * likely * (1.0 - likely));
            }
        }
        for i in 0..COLUMNS {
            slope[i] -= RIDGE * coefficients[i];
            curve[i][i] += RIDGE;
        }
        coefficients.iter_mut().zip(solved(curve, slope)).for_each(|(coefficient, step)| *coefficient += step);
    }
    let [own, rivals, all, base] = coefficients.map(|coefficient| coefficient as f32);
    Calibration { own, rivals, all, base }
}

/// The solution of a system of equations whose matrix is positive definite (Gauss; such a matrix needs no pivots).
fn solved(mut matrix: [Row; COLUMNS], mut right: Row) -> Row {
    for i in 0..COLUMNS {
        for j in i + 1..COLUMNS {
            let times = matrix[j][i] / matrix[i][i];
            (i..COLUMNS).for_each(|k| matrix[j][k] -= times * matrix[i][k]);
            right[j] -= times * right[i];
        }
    }
    for i in (0..COLUMNS).rev() {
        let known: f64 = (i + 1..COLUMNS).map(|k| matrix[i][k] * right[k]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    right
}
