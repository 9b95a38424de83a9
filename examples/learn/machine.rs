//! A linear support vector machine with the squared hinge loss, learned in the dual, one coordinate after the other (Hsieh, Chang, Lin, Keerthi,
//! Sundararajan, "A Dual Coordinate Descent Method for Large-scale Linear SVM", ICML 2008, algorithm 1). The same examples give the same
//! weights, to the last bit.

/// The columns that an example has, and how much of each.
pub type Example = Vec<(usize, f64)>;

pub struct Machine {
    pub weights: Vec<f64>,
    pub bias: f64,
}

/// What a mistake costs, for examples of a label that has half of all; those of a rarer label cost more.
const COST: f64 = 1.0;
const MOST_ROUNDS: usize = 300;
/// It has learned enough when no coordinate is farther from its best than this.
const NEAR: f64 = 1e-3;

impl Machine {
    pub fn learn(examples: &[Example], labels: &[bool], columns: usize) -> Self {
        let positive = labels.iter().filter(|label| **label).count().max(1) as f64;
        let all = labels.len() as f64;
        let cost = |label: bool| COST * all / (2.0 * if label { positive } else { (all - positive).max(1.0) });
        // The bias is the weight of one more column, which all examples have.
        let mut machine = Self { weights: vec![0.0; columns], bias: 0.0 };
        let mut alphas = vec![0.0; examples.len()];
        let mut order: Vec<usize> = (0..examples.len()).collect();
        for round in 0..MOST_ROUNDS {
            shuffle(&mut order, round as u64);
            let mut farthest: f64 = 0.0;
            for &i in &order {
                let (example, sign) = (&examples[i], if labels[i] { 1.0 } else { -1.0 });
                let slack = 0.5 / cost(labels[i]);
                let gradient = sign * machine.score(example) - 1.0 + slack * alphas[i];
                let projected = if alphas[i] == 0.0 { gradient.min(0.0) } else { gradient };
                farthest = farthest.max(projected.abs());
                if projected.abs() < 1e-12 {
                    continue;
                }
                let curvature = example.iter().map(|(_, value)| value * value).sum::<f64>() + 1.0 + slack;
                let before = alphas[i];
                alphas[i] = (before - gradient / curvature).max(0.0);
                let step = (alphas[i] - before) * sign;
                example.iter().for_each(|(column, value)| machine.weights[*column] += step * value);
                machine.bias += step;
            }
            if farthest < NEAR {
                break;
            }
        }
        machine
    }

    fn score(&self, example: &Example) -> f64 {
        example.iter().map(|(column, value)| self.weights[*column] * value).sum::<f64>() + self.bias
    }
}

/// Fisher and Yates' shuffle with the numbers of a congruential generator.
fn shuffle(order: &mut [usize], seed: u64) {
    let mut state = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    for place in (1..order.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(place, (state >> 33) as usize % (place + 1));
    }
}
