//! Zig-zag varints, as the fields of a record are written.

/// Takes a varint of 32 bits off the front; `None` if it is cut off or too large.
#[inline]
pub(super) fn read_i32(bytes: &mut &[u8]) -> Option<i32> {
    let unsigned = u32::try_from(read_unsigned(bytes)?).ok()?;
    Some((unsigned >> 1).cast_signed() ^ (unsigned & 1).cast_signed().wrapping_neg())
}

/// Takes a varint of 64 bits off the front; `None` if it is cut off or too large.
#[inline]
pub(super) fn read_i64(bytes: &mut &[u8]) -> Option<i64> {
    let unsigned = read_unsigned(bytes)?;
    Some((unsigned >> 1).cast_signed() ^ (unsigned & 1).cast_signed().wrapping_neg())
}

/// Writes `value`; a value that fits 32 bits is written the same for either width.
#[inline]
pub(super) fn write(value: i64, out: &mut Vec<u8>) {
    let mut rest = zigzag(value);
    while rest >= 0x80 {
        let [byte, ..] = rest.to_le_bytes();
        out.push(byte | 0x80);
        rest >>= 7;
    }
    let [byte, ..] = rest.to_le_bytes();
    out.push(byte);
}

/// Bytes that [`write`] takes.
#[inline]
pub(super) const fn len(value: i64) -> usize {
    match zigzag(value) {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        0x20_0000..0x1000_0000 => 4,
        0x1000_0000..0x8_0000_0000 => 5,
        0x8_0000_0000..0x400_0000_0000 => 6,
        0x400_0000_0000..0x2_0000_0000_0000 => 7,
        0x2_0000_0000_0000..0x100_0000_0000_0000 => 8,
        0x100_0000_0000_0000..0x8000_0000_0000_0000 => 9,
        _ => 10,
    }
}

const fn zigzag(value: i64) -> u64 {
    (value << 1).cast_unsigned() ^ (value >> 63).cast_unsigned()
}

#[inline]
fn read_unsigned(bytes: &mut &[u8]) -> Option<u64> {
    let (&first, rest) = bytes.split_first()?;
    *bytes = rest;
    if first < 0x80 {
        Some(u64::from(first))
    } else {
        read_long(first, bytes)
    }
}

/// Goes on after a first byte that said there is more.
fn read_long(first: u8, bytes: &mut &[u8]) -> Option<u64> {
    let mut value = u64::from(first & 0x7f);
    for shift in (7..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        let placed = bits.unbounded_shl(shift);
        // The tenth byte has room for one bit.
        if placed.unbounded_shr(shift) != bits {
            return None;
        }
        value |= placed;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(value: i64) -> Vec<u8> {
        let mut out = Vec::new();
        write(value, &mut out);
        out
    }

    #[test]
    fn zig_zag_alternates() {
        assert_eq!(written(0), [0]);
        assert_eq!(written(-1), [1]);
        assert_eq!(written(63), [0x7e]);
        assert_eq!(written(-65), [0x81, 0x01]);
        assert_eq!(written(i64::from(i32::MAX)), [0xfe, 0xff, 0xff, 0xff, 0x0f]);
        assert_eq!(
            written(i64::MIN),
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
        );
    }

    #[test]
    fn what_is_cut_off_or_too_large_is_refused() {
        assert_eq!(read_i32(&mut [].as_slice()), None);
        assert_eq!(read_i32(&mut [0x80, 0x80].as_slice()), None);
        assert_eq!(
            read_i32(&mut [0xff, 0xff, 0xff, 0xff, 0x1f].as_slice()),
            None
        );
        assert_eq!(read_i64(&mut [0xff; 11].as_slice()), None);
        let mut eleventh_hour = [0xff_u8; 10];
        eleventh_hour[9] = 0x02;
        assert_eq!(read_i64(&mut eleventh_hour.as_slice()), None);
    }

    proptest! {
        #[test]
        fn longs_round_trip(value: i64, shift in 0..64) {
            let value = value >> shift;
            let bytes = written(value);
            prop_assert_eq!(bytes.len(), len(value));
            let mut rest = bytes.as_slice();
            prop_assert_eq!(read_i64(&mut rest), Some(value));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn ints_round_trip(value: i32, shift in 0..32) {
            let value = value >> shift;
            prop_assert_eq!(read_i32(&mut written(i64::from(value)).as_slice()), Some(value));
        }
    }
}
