//! Batches written and read again, and bytes that mean harm.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

const LIMIT: usize = 16 << 20;

fn one(bytes: Bytes) -> Batch {
    let mut batches = Batches::new(bytes);
    let batch = batches.next().unwrap().unwrap();
    assert!(batches.next().is_none() && batches.rest().is_empty());
    batch.verify_crc().unwrap();
    batch
}

fn owned(batch: &Batch) -> Vec<Record> {
    batch
        .records(LIMIT)
        .unwrap()
        .into_owned()
        .map(Result::unwrap)
        .collect()
}

fn build(records: &[Record], options: &BatchOptions) -> Bytes {
    let mut builder = BatchBuilder::default();
    for record in records {
        let record = NewRecord {
            timestamp: record.timestamp,
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            headers: &record.headers,
        };
        let expected = builder.size_with(&record);
        builder.append(&record).unwrap();
        assert_eq!(builder.size(), expected);
    }
    assert_eq!(builder.records_count(), records.len());
    builder.build(options).unwrap()
}

/// Three records that use every part of the format.
fn samples() -> Vec<Record> {
    let header = |key: &'static str, value: Option<&'static str>| Header {
        key: key.into(),
        value: value.map(Into::into),
    };
    vec![
        Record {
            offset: 0,
            timestamp: 1_700_000_000_000,
            key: Some("k".into()),
            value: Some("value ".repeat(40).into()),
            headers: vec![
                header("a", Some("1")),
                header("a", None),
                header("", Some("")),
            ],
        },
        Record {
            offset: 1,
            timestamp: 1_699_999_999_000,
            ..Record::default()
        },
        Record {
            offset: 2,
            timestamp: -1,
            key: Some(Bytes::new()),
            value: Some(Bytes::new()),
            headers: Vec::new(),
        },
    ]
}

fn compressed_by(codec: Codec) -> BatchOptions {
    BatchOptions {
        compression: codec.into(),
        ..BatchOptions::default()
    }
}

#[test]
fn what_is_built_is_read_with_every_codec() {
    for codec in Codec::ALL {
        let batch = one(build(&samples(), &compressed_by(codec)));
        assert_eq!(batch.header().attributes.codec().unwrap(), codec);
        assert_eq!(batch.header().max_timestamp, 1_700_000_000_000);
        assert_eq!(owned(&batch), samples(), "{codec}");
    }
}

#[test]
fn a_batch_says_who_made_it() {
    let options = BatchOptions {
        base_offset: 40,
        partition_leader_epoch: 2,
        producer_id: 7,
        producer_epoch: 1,
        base_sequence: i32::MAX,
        is_transactional: true,
        ..BatchOptions::default()
    };
    let batch = one(build(&samples(), &options));
    let header = batch.header();
    assert_eq!(
        (
            header.base_offset,
            header.last_offset(),
            header.next_offset()
        ),
        (40, 42, 43)
    );
    assert_eq!(
        (
            header.producer_id,
            header.producer_epoch,
            header.last_sequence()
        ),
        (7, 1, 1)
    );
    assert!(header.attributes.is_transactional() && !header.attributes.is_control());
    assert_eq!(
        owned(&batch)
            .iter()
            .map(|record| record.offset)
            .collect::<Vec<_>>(),
        [40, 41, 42]
    );
}

#[test]
fn a_batch_needs_a_record() {
    assert!(matches!(
        BatchBuilder::default().build(&BatchOptions::default()),
        Err(RecordError::Invalid(_))
    ));
}

#[test]
fn the_append_time_is_every_records_time() {
    let mut batch = one(build(&samples(), &BatchOptions::default()));
    let mut header = *batch.header();
    header.attributes = header
        .attributes
        .with_timestamp_type(TimestampType::LogAppendTime);
    header.max_timestamp = 5;
    header.seal(batch.body());
    batch = one([header.to_bytes().as_slice(), batch.body()].concat().into());
    assert!(owned(&batch).iter().all(|record| record.timestamp == 5));
}

#[test]
fn a_marker_is_one_control_record() {
    for is_commit in [true, false] {
        let marker = EndTransactionMarker {
            is_commit,
            coordinator_epoch: 9,
        };
        let options = BatchOptions {
            producer_id: 7,
            producer_epoch: 1,
            ..BatchOptions::default()
        };
        let batch = one(marker.to_batch(1_700_000_000_000, &options).unwrap());
        assert_eq!(batch.bytes().len(), 78);
        assert!(
            batch.header().attributes.is_control() && batch.header().attributes.is_transactional()
        );
        assert_eq!(batch.header().base_sequence, -1);
        let records = batch.records(LIMIT).unwrap();
        let record = records.iter().next().unwrap().unwrap();
        assert_eq!(EndTransactionMarker::read(&record).unwrap(), Some(marker));
    }
}

#[test]
fn control_keys_round_trip_and_unknown_ones_pass() {
    for id in -1..9 {
        let control_type =
            ControlType::of_key(Some(&[[0, 0], i16::to_be_bytes(id)].concat())).unwrap();
        assert_eq!(control_type.id(), id);
        assert_eq!(
            ControlType::of_key(Some(&control_type.key())).unwrap(),
            control_type
        );
    }
    assert!(ControlType::of_key(None).is_err());
    assert!(ControlType::of_key(Some(&[0, 0, 1])).is_err());
    assert!(ControlType::of_key(Some(&[0x80, 0, 0, 1])).is_err());
}

#[test]
fn another_codec_keeps_all_but_the_codec() {
    let options = BatchOptions {
        producer_id: 7,
        producer_epoch: 1,
        base_sequence: 3,
        ..compressed_by(Codec::Gzip)
    };
    let batch = one(build(&samples(), &options));
    for codec in Codec::ALL {
        let again = one(batch
            .records(LIMIT)
            .unwrap()
            .to_batch(codec.into())
            .unwrap());
        assert_eq!(owned(&again), samples());
        let attributes = batch.header().attributes.with_codec(codec);
        let lengths = (again.header().batch_length, again.header().crc);
        let expected = BatchHeader {
            attributes,
            batch_length: lengths.0,
            crc: lengths.1,
            ..*batch.header()
        };
        assert_eq!(*again.header(), expected);
    }
}

#[test]
fn compaction_leaves_gaps_that_renumbering_closes() {
    let batch = one(build(
        &samples(),
        &BatchOptions {
            base_offset: 10,
            ..compressed_by(Codec::Zstd)
        },
    ));
    let kept = batch
        .records(LIMIT)
        .unwrap()
        .retain(Some(77), |record| record.offset != 11)
        .unwrap();
    let kept = one(kept.to_batch(Codec::Lz4.into()).unwrap());
    assert_eq!(
        (kept.header().records_count, kept.header().last_offset()),
        (2, 12)
    );
    assert!(kept.header().attributes.has_delete_horizon());
    assert_eq!(kept.header().base_timestamp, 77);
    let expected = [&samples()[0], &samples()[2]].map(|record| Record {
        offset: record.offset + 10,
        ..record.clone()
    });
    assert_eq!(owned(&kept), expected);

    let closed = one(kept
        .records(LIMIT)
        .unwrap()
        .renumber()
        .unwrap()
        .to_batch(Codec::None.into())
        .unwrap());
    assert_eq!(
        (closed.header().records_count, closed.header().last_offset()),
        (2, 11)
    );
    assert_eq!(
        owned(&closed)
            .iter()
            .map(|record| record.offset)
            .collect::<Vec<_>>(),
        [10, 11]
    );
}

#[test]
fn compaction_may_take_every_record() {
    let batch = one(build(&samples(), &compressed_by(Codec::Snappy)));
    let empty = batch
        .records(LIMIT)
        .unwrap()
        .retain(None, |_| false)
        .unwrap();
    let empty = one(empty.to_batch(Codec::Snappy.into()).unwrap());
    assert_eq!(
        (
            empty.bytes().len(),
            empty.header().records_count,
            empty.header().last_offset()
        ),
        (HEADER_LEN, 0, 2)
    );
    assert_eq!(owned(&empty), []);
}

/// A batch that Apache Kafka 4.3.1 wrote (`MemoryRecords.withRecords`, `withEndTransactionMarker`).
fn golden(name: &str) -> Bytes {
    let path = format!(
        "{}/tests/golden/records/{name}.batch",
        env!("CARGO_MANIFEST_DIR")
    );
    std::fs::read(path).unwrap().into()
}

#[test]
fn apaches_batches_are_read_with_every_codec() {
    for codec in Codec::ALL {
        let batch = one(golden(codec.name()));
        assert_eq!(batch.header().attributes.codec().unwrap(), codec);
        assert_eq!(owned(&batch), samples(), "{codec}");
    }
}

#[test]
fn an_uncompressed_batch_is_apaches_to_the_byte() {
    let options = BatchOptions {
        producer_id: 7,
        producer_epoch: 1,
        base_sequence: 3,
        is_transactional: true,
        ..BatchOptions::default()
    };
    assert_eq!(build(&samples(), &options), golden("none"));
}

#[test]
fn a_marker_is_apaches_to_the_byte() {
    let options = BatchOptions {
        base_offset: 40,
        partition_leader_epoch: 2,
        producer_id: 7,
        producer_epoch: 1,
        ..BatchOptions::default()
    };
    for (name, is_commit) in [("commit", true), ("abort", false)] {
        let marker = EndTransactionMarker {
            is_commit,
            coordinator_epoch: 9,
        };
        assert_eq!(
            marker.to_batch(1_700_000_000_000, &options).unwrap(),
            golden(name)
        );
    }
}

/// A batch of these bytes as its records, with a header that fits them.
fn batch_around(records: &[u8], records_count: i32, codec: Codec) -> Batch {
    let header = BatchHeader {
        attributes: Attributes::default().with_codec(codec),
        records_count,
        last_offset_delta: records_count.saturating_sub(1),
        ..*one(build(&samples(), &BatchOptions::default())).header()
    };
    let header = BatchHeader {
        batch_length: 49 + i32::try_from(records.len()).unwrap(),
        ..header
    };
    let mut bytes = Bytes::from([header.to_bytes().as_slice(), records].concat());
    Batch::split(&mut bytes).unwrap()
}

/// Reads everything there is to read; what the first error was, if any.
fn read_all(batch: &Batch, limit: usize) -> Result<usize, RecordError> {
    let records = batch.records(limit)?;
    let in_place = records
        .iter()
        .map(|record| record.map(|record| record.headers.iter().count()))
        .collect::<Vec<_>>();
    let apart = records.into_owned().collect::<Vec<_>>();
    assert_eq!(in_place.len(), apart.len());
    in_place.into_iter().sum()
}

fn refusal(records: &[u8], records_count: i32) -> String {
    read_all(&batch_around(records, records_count, Codec::None), LIMIT)
        .unwrap_err()
        .to_string()
}

#[test]
fn broken_records_are_refused() {
    // Length 8, attributes, two deltas, no key, no value, one header with an empty key and no value.
    let sound = [16, 0, 0, 0, 1, 1, 2, 0, 1];
    assert_eq!(
        read_all(&batch_around(&sound, 1, Codec::None), LIMIT).unwrap(),
        1
    );
    for (at, byte, needle) in [
        (0, 15, "negative record length"),
        (0, 18, "past the end of its batch"),
        (0, 14, "no field length"),
        (2, 0x80, "offset delta outside"),
        (3, 1, "offset delta outside"),
        (3, 2, "offset delta outside"),
        (4, 20, "past the end of its record"),
        (6, 1, "negative header count"),
        (6, 4, "no field length"),
        (6, 0, "longer than its fields"),
        (7, 1, "header without a key"),
        (8, 2, "past the end of its record"),
    ] {
        let mut broken = sound;
        broken[at] = byte;
        let said = refusal(&broken, 1);
        assert!(said.contains(needle), "{at} {byte}: {said}");
    }
    assert!(refusal(&[sound.as_slice(), &[0]].concat(), 1).contains("bytes after the last record"));
    assert!(refusal(&sound, -1).contains("negative record count"));
    assert!(refusal(&sound, 2).contains("fewer records"));
    assert!(refusal(&sound, i32::MAX).contains("fewer records"));
    assert!(refusal(&sound, 0).contains("bytes after"));
}

#[test]
fn a_batch_cut_anywhere_is_an_error_not_a_panic() {
    for codec in Codec::ALL {
        let whole = one(build(&samples(), &compressed_by(codec)));
        for len in 0..whole.body().len() {
            let batch = batch_around(&whole.body()[..len], 3, codec);
            // A trailer of the codec may be missing where nobody looks at it.
            if let Ok(headers) = read_all(&batch, LIMIT) {
                assert_eq!((codec, headers), (Codec::Lz4, 3));
            }
        }
    }
}

#[test]
fn a_bomb_goes_off_at_the_limit() {
    let zeros = vec![0; 8 << 20];
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let mut bomb = Vec::new();
        Compression::from(codec)
            .compress(&zeros, &mut bomb)
            .unwrap();
        let batch = batch_around(&bomb, 1, codec);
        assert!(
            matches!(
                batch.records(1 << 20),
                Err(RecordError::TooLarge { limit: 0x10_0000 })
            ),
            "{codec}"
        );
        assert_eq!(
            codec.decompress(&bomb, zeros.len()).unwrap().len(),
            zeros.len()
        );
        assert!(matches!(
            codec.decompress(&bomb, zeros.len() - 1),
            Err(RecordError::TooLarge { .. })
        ));
    }
}

fn any_record() -> impl Strategy<Value = Record> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..200).prop_map(Bytes::from);
    let header =
        (bytes(), proptest::option::of(bytes())).prop_map(|(key, value)| Header { key, value });
    (
        any::<i64>(),
        proptest::option::of(bytes()),
        proptest::option::of(bytes()),
        proptest::collection::vec(header, 0..4),
    )
        .prop_map(|(timestamp, key, value, headers)| Record {
            offset: 0,
            timestamp,
            key,
            value,
            headers,
        })
}

proptest! {
    #[test]
    fn records_round_trip(mut records in proptest::collection::vec(any_record(), 1..20), codec in 0..5_i16) {
        for (offset, record) in (0..).zip(&mut records) {
            record.offset = offset;
        }
        let codec = Codec::from_id(codec).unwrap();
        prop_assert_eq!(owned(&one(build(&records, &compressed_by(codec)))), records);
    }

    #[test]
    fn any_body_is_read_without_harm(
        body in proptest::collection::vec(any::<u8>(), 0..300),
        count in -2..20_i32,
        codec in 0..5_i16,
    ) {
        let batch = batch_around(&body, count, Codec::from_id(codec).unwrap());
        let _outcome = read_all(&batch, 1 << 16);
    }

    #[test]
    fn a_damaged_body_is_read_without_harm(at in 0..400_usize, byte: u8, codec in 0..5_i16) {
        let codec = Codec::from_id(codec).unwrap();
        let whole = one(build(&samples(), &compressed_by(codec)));
        let mut body = whole.body().to_vec();
        let at = at % body.len();
        body[at] = byte;
        let _outcome = read_all(&batch_around(&body, 3, codec), 1 << 16);
    }
}
