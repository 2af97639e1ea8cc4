//! The line that a column stays closest to: of all strips between two parallel lines that hold every point, the one
//! that is least high has an edge of the points' convex hull on one side.
//!
//! Source of the hull: A. M. Andrew, "Another efficient algorithm for convex hulls in two dimensions", 1979.

/// A hull with more corners is of a curve, not of a line with noise about it.
const CORNERS_MAX: usize = 48;

type Point = (i64, i64);

/// The slope, in parts of 2^`fraction_bits`, of numbers at positions 1, 2 and so on; `None` of a curve.
pub(super) fn slope(numbers: &[i64], fraction_bits: u32) -> Option<i64> {
    let mut points = (1..).zip(numbers.iter().copied());
    let begin = points.next()?;
    let (mut above, mut below) = (vec![begin], vec![begin]);
    for point in points {
        add(&mut above, point, |turn| turn >= 0)?;
        add(&mut below, point, |turn| turn <= 0)?;
    }
    let edges = above.windows(2).chain(below.windows(2)).map(|edge| rise(edge[0], edge[1], fraction_bits));
    edges.min_by_key(|slope| height(&above, &below, *slope, fraction_bits))
}

/// Adds a point to one side of the hull; `None` where that gets too many corners.
fn add(side: &mut Vec<Point>, point: Point, is_inside: impl Fn(i64) -> bool) -> Option<()> {
    while let [.., a, b] = side.as_slice()
        && is_inside((b.0 - a.0) * (point.1 - a.1) - (b.1 - a.1) * (point.0 - a.0))
    {
        side.pop();
    }
    side.push(point);
    (side.len() <= CORNERS_MAX).then_some(())
}

fn rise(a: Point, b: Point, fraction_bits: u32) -> i64 {
    ((b.1 - a.1) << fraction_bits).div_euclid((b.0 - a.0).max(1))
}

/// How high the strip of this slope is, in parts.
fn height(above: &[Point], below: &[Point], slope: i64, fraction_bits: u32) -> i128 {
    let over = |point: &Point| (i128::from(point.1) << fraction_bits) - i128::from(slope) * i128::from(point.0);
    above.iter().map(over).max().unwrap_or(0) - below.iter().map(over).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_that_of_the_line_in_the_noise() {
        let column = |f: &dyn Fn(i64) -> i64| (1..500).map(f).collect::<Vec<_>>();
        let slope = |f| slope(&column(f), 16);
        assert_eq!(slope(&|i| i * 7), Some(7 << 16));
        assert_eq!(slope(&|i| i * -7 + i * i % 11), Some(-7 << 16));
        let half = slope(&|i| i / 2 + i * i % 11).expect("a line");
        assert!((half - (1 << 15)).abs() < 200, "{half}");
        assert_eq!(slope(&|i| i * i), None, "a curve");
        assert_eq!(super::slope(&[], 16), None);
    }
}
