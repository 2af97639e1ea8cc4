//! Start times, as chunks that have them tell them.

use super::bits::BitWriter;

/// What a chunk's header will say, and where the samples before lead.
#[derive(Debug, Default)]
pub(crate) struct StartWriter {
    pub(crate) header: u8,
    start: i64,
    distance: i64,
}

impl StartWriter {
    pub(crate) fn write(&mut self, out: &mut BitWriter, position: usize, t: i64, before: i64, start: i64) {
        let changes_from = usize::from(self.header & 0x7f);
        if position == 0 {
            if start != 0 {
                self.header = 0x80;
                out.varint(t.wrapping_sub(start));
            }
        } else if changes_from > 0 {
            let distance = before.wrapping_sub(start);
            out.varbit_int(distance.wrapping_sub(self.distance));
            self.distance = distance;
        } else if start != self.start || position == 0x7f {
            self.header |= u8::try_from(position).expect("told by 127 at the latest");
            self.distance = before.wrapping_sub(start);
            out.varbit_int(self.distance);
        }
        self.start = start;
    }
}
