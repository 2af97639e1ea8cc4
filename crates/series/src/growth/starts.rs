//! What start timestamps say about resets.

use aio_types::TimestampMs;

/// When a sample was taken and since when it counts; zero where that is not known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    pub(super) start: TimestampMs,
    pub(super) t: TimestampMs,
}

/// Whether the counter was reset between two samples, as far as start timestamps tell. One that lies at its own sample
/// or behind tells nothing. One that lies at the sample before tells of a reset if that one's is known: it is the start
/// of a delta then, else that of a counter whose start is not known.
pub(super) fn is_reset(previous: Taken, current: Taken) -> bool {
    let start = current.start;
    if start == TimestampMs(0) || start >= current.t || start < previous.t {
        return false;
    }
    if start > previous.t {
        return true;
    }
    previous.start <= previous.t && previous.start != TimestampMs(0) && previous.start != previous.t
}

/// Whether a sample counts since before the previous one was taken, and yet not since when that one does.
pub(super) fn overlaps(previous: Taken, current: Taken) -> bool {
    current.start != TimestampMs(0) && current.start < previous.t && current.start != previous.start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_timestamps_tell_of_resets_and_overlaps() {
        for (previous, current, reset, overlap) in [
            ((0, 60), (0, 120), false, false),
            ((30, 60), (30, 120), false, false),
            ((30, 60), (90, 120), true, false),
            ((30, 60), (60, 120), true, false),
            ((0, 60), (60, 120), false, false),
            ((60, 60), (60, 120), false, false),
            ((90, 60), (60, 120), false, false),
            ((30, 60), (120, 120), false, false),
            ((30, 60), (150, 120), false, false),
            ((30, 60), (40, 120), false, true),
            ((0, 60), (40, 120), false, true),
        ] {
            let taken = |(start, t)| Taken { start: TimestampMs(start), t: TimestampMs(t) };
            let (previous, current) = (taken(previous), taken(current));
            assert_eq!((is_reset(previous, current), overlaps(previous, current)), (reset, overlap), "{current:?}");
        }
    }
}
