use chrono::{NaiveDateTime, TimeZone, Utc};
use proptest::prelude::*;

use super::*;

/// A zone whose clocks go forward an hour at one instant and back at another, in seconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Summers {
    winter_hours: i32,
    begins: i64,
    ends: i64,
}

/// 2026 in Paris, in New York and, with summer around the new year, in Adelaide (as if it were a whole number of hours off).
const PARIS: Summers = Summers {
    winter_hours: 1,
    begins: 1_774_746_000,
    ends: 1_792_890_000,
};
const NEW_YORK: Summers = Summers {
    winter_hours: -5,
    begins: 1_772_953_200,
    ends: 1_793_512_800,
};
const SYDNEY: Summers = Summers {
    winter_hours: 10,
    begins: 1_791_043_200,
    ends: 1_806_768_000,
};

impl Summers {
    fn offset_at(&self, utc: NaiveDateTime) -> FixedOffset {
        let is_summer = (self.begins..self.ends).contains(&utc.and_utc().timestamp());
        FixedOffset::east_opt((self.winter_hours + i32::from(is_summer)) * 3600).unwrap()
    }
}

impl TimeZone for Summers {
    type Offset = InSummers;

    fn from_offset(offset: &InSummers) -> Self {
        offset.0
    }

    fn offset_from_local_date(&self, date: &NaiveDate) -> MappedLocalTime<InSummers> {
        self.offset_from_local_datetime(&date.and_time(NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<InSummers> {
        let fits = |hours: i32| {
            let offset = FixedOffset::east_opt((self.winter_hours + hours) * 3600).unwrap();
            (self.offset_at(*local - offset) == offset).then_some(InSummers(*self, offset))
        };
        match (fits(1), fits(0)) {
            (Some(summer), Some(winter)) => MappedLocalTime::Ambiguous(summer, winter),
            (Some(only), None) | (None, Some(only)) => MappedLocalTime::Single(only),
            (None, None) => MappedLocalTime::None,
        }
    }

    fn offset_from_utc_date(&self, date: &NaiveDate) -> InSummers {
        self.offset_from_utc_datetime(&date.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> InSummers {
        InSummers(*self, self.offset_at(*utc))
    }
}

#[derive(Debug, Clone, Copy)]
struct InSummers(Summers, FixedOffset);

impl Offset for InSummers {
    fn fix(&self) -> FixedOffset {
        self.1
    }
}

/// Friday, 2026-11-20 17:12:03.250 in Paris.
fn now() -> DateTime<Summers> {
    PARIS.timestamp_millis_opt(1_795_191_123_250).unwrap()
}

fn read(text: &str) -> String {
    utc(instant(text, &now()).unwrap_or_else(|failure| panic!("{text}: {failure}")))
}

fn utc(millis: i64) -> String {
    let instant = Utc.timestamp_millis_opt(millis).unwrap();
    instant.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

#[test]
fn forms_with_a_t_are_utc_unless_they_say_otherwise() {
    for text in [
        "2026-11-19T14:00:00.000",
        "2026-11-19T14:00:00.000Z",
        "2026-11-19T14:00:00",
        "2026-11-19T14:00",
        "2026-11-19T14:00Z",
        "2026-11-19T15:00+01:00",
        "2026-11-19T15:00:00+01",
        "2026-11-19T12:30-0130",
    ] {
        assert_eq!(read(text), "2026-11-19 14:00:00.000", "{text}");
    }
    assert_eq!(read("2026-11-19T14:00:00.6"), "2026-11-19 14:00:00.006");
}

#[test]
fn other_forms_are_local_unless_they_say_otherwise() {
    let cases = [
        ("2026-11-19", "2026-11-18 23:00:00.000"),
        ("2026-11-19 14:00", "2026-11-19 13:00:00.000"),
        ("2026-7-1 14:00:05", "2026-07-01 12:00:05.000"),
        ("2026-11-19 14:00:05.5", "2026-11-19 13:00:05.500"),
        ("2026-11-19 14:00 Z", "2026-11-19 14:00:00.000"),
        ("2026-11-19 14:00Z", "2026-11-19 14:00:00.000"),
        ("2026-11-19 14:00 utc", "2026-11-19 14:00:00.000"),
        ("2026-11-19 +05:30", "2026-11-18 18:30:00.000"),
        ("2026-11-19 14:00-05:00", "2026-11-19 19:00:00.000"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn days_and_times_have_names() {
    let cases = [
        ("now", "2026-11-20 16:12:03.250"),
        ("today", "2026-11-19 23:00:00.000"),
        ("midnight", "2026-11-19 23:00:00.000"),
        ("noon", "2026-11-20 11:00:00.000"),
        ("Yesterday", "2026-11-18 23:00:00.000"),
        ("yesterday 14:00", "2026-11-19 13:00:00.000"),
        ("yesterday noon Z", "2026-11-19 12:00:00.000"),
        ("14:00", "2026-11-20 13:00:00.000"),
        ("9:05:07.250", "2026-11-20 08:05:07.250"),
        ("Thursday", "2026-11-18 23:00:00.000"),
        ("tue 09:00", "2026-11-17 08:00:00.000"),
        ("friday", "2026-11-12 23:00:00.000"),
        ("today +14:00", "2026-11-20 10:00:00.000"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn lengths_of_time_count_back_from_now() {
    for text in [
        "2h ago",
        "-2h",
        "2hago",
        "120m ago",
        "PT2H",
        "-PT2H",
        "PT2H ago",
        "2 hours ago",
    ] {
        assert_eq!(read(text), "2026-11-20 14:12:03.250", "{text}");
    }
    assert_eq!(read("1d12h ago"), "2026-11-19 04:12:03.250");
}

#[test]
fn the_number_of_digits_tells_the_unit() {
    for text in [
        "1795183200",
        "@1795183200",
        "1795183200000",
        "1795183200000000",
        "@1795183200000000000",
    ] {
        assert_eq!(read(text), "2026-11-20 14:00:00.000", "{text}");
    }
    assert_eq!(read("1795183200123456"), "2026-11-20 14:00:00.123");
    for text in ["2026", "179518320", "@", "9999999999999999999"] {
        assert!(instant(text, &now()).is_err(), "{text}");
    }
}

#[test]
fn what_is_no_time_is_told_in_the_forms_of_today() {
    for text in [
        "",
        "soon",
        "2h",
        "2026-11-31",
        "26-11-19",
        "2026-11-19 25:00",
        "2026-11-19 14:00:00.1234",
        "14:00.5",
        "2026-11-19 14:00 Europe/Paris",
        "2026-11-19 14:00 +24:00",
        "yesterday today",
        "noon noon",
        "2026-11-19T",
        "2026-11-19-1",
        "1:2:3:4",
        "99999999999999d ago",
    ] {
        assert!(instant(text, &now()).is_err(), "{text}");
    }
    let failure = instant("soon", &now()).unwrap_err();
    assert_eq!(failure.message, "'soon' is not a time");
    assert!(
        failure.plain.starts_with("java.text.ParseException"),
        "{failure:?}"
    );
    assert_eq!(failure.hints().len(), 3);
    assert!(
        failure.hints()[0].contains("'2026-11-20 14:00'"),
        "{failure:?}"
    );
    assert!(
        failure.hints()[1].contains("2026-11-20T14:00:00.000"),
        "{failure:?}"
    );
    assert!(failure.hints()[2].contains("@1795191123 "), "{failure:?}");
}

/// The hints when `local` is asked for in `zone`.
fn hints(zone: Summers, local: &str) -> Vec<String> {
    let now = zone.timestamp_opt(1_795_191_123, 0).unwrap();
    instant(local, &now).unwrap_err().hints().to_vec()
}

#[test]
fn times_that_the_clocks_skip_are_errors_with_both_readings() {
    assert_eq!(
        hints(PARIS, "2026-03-29 02:30"),
        [
            "'2026-03-29 02:30 +01:00' is 2026-03-29T01:30:00.000Z",
            "'2026-03-29 02:30 +02:00' is 2026-03-29T00:30:00.000Z"
        ]
    );
    assert_eq!(
        hints(NEW_YORK, "2026-03-08 02:00"),
        [
            "'2026-03-08 02:00 -05:00' is 2026-03-08T07:00:00.000Z",
            "'2026-03-08 02:00 -04:00' is 2026-03-08T06:00:00.000Z"
        ]
    );
    assert_eq!(
        hints(SYDNEY, "2026-10-04 02:59:59"),
        [
            "'2026-10-04 02:59:59 +10:00' is 2026-10-03T16:59:59.000Z",
            "'2026-10-04 02:59:59 +11:00' is 2026-10-03T15:59:59.000Z"
        ]
    );
}

#[test]
fn times_that_the_clocks_repeat_are_errors_with_both_readings() {
    assert_eq!(
        hints(PARIS, "2026-10-25 02:30"),
        [
            "'2026-10-25 02:30 +02:00' is 2026-10-25T00:30:00.000Z",
            "'2026-10-25 02:30 +01:00' is 2026-10-25T01:30:00.000Z"
        ]
    );
    assert_eq!(
        hints(NEW_YORK, "2026-11-01 01:30"),
        [
            "'2026-11-01 01:30 -04:00' is 2026-11-01T05:30:00.000Z",
            "'2026-11-01 01:30 -05:00' is 2026-11-01T06:30:00.000Z"
        ]
    );
    assert_eq!(
        hints(SYDNEY, "2027-04-04 02:30"),
        [
            "'2027-04-04 02:30 +11:00' is 2027-04-03T15:30:00.000Z",
            "'2027-04-04 02:30 +10:00' is 2027-04-03T16:30:00.000Z"
        ]
    );
}

#[test]
fn the_readings_that_an_error_names_are_understood() {
    for zone in [PARIS, NEW_YORK, SYDNEY] {
        let now = zone.timestamp_opt(1_795_191_123, 0).unwrap();
        let skipped =
            zone.timestamp_opt(zone.begins, 0).unwrap().naive_local() - TimeDelta::minutes(30);
        for hint in hints(zone, &skipped.format("%F %T").to_string()) {
            let (typed, meant) = hint.split_once(" is ").unwrap();
            assert_eq!(
                instant(typed.trim_matches('\''), &now),
                instant(meant, &now),
                "{hint}"
            );
        }
    }
}

proptest! {
    #[test]
    fn every_instant_is_read_back_from_each_form(millis in 0i64..4_102_444_800_000, minutes in -1439i32..1439) {
        let zone = FixedOffset::east_opt(minutes * 60).unwrap();
        let local = zone.timestamp_millis_opt(millis).unwrap();
        for form in ["%Y-%m-%d %H:%M:%S%.3f %:z", "%Y-%m-%dT%H:%M:%S%.3f%:z", "%Y-%m-%d %H:%M:%S%.3f%z"] {
            let text = local.format(form).to_string();
            prop_assert_eq!(instant(&text, &now()), Ok(millis), "{}", text);
        }
        for form in ["%Y-%m-%d %H:%M:%S%.3f", "today %H:%M:%S%.3f"] {
            let text = local.format(form).to_string();
            prop_assert_eq!(instant(&text, &local), Ok(millis), "{}", text);
        }
    }

    #[test]
    fn unambiguous_local_times_are_read_back(seconds in 1_767_225_600i64..1_798_761_600) {
        let local = NEW_YORK.timestamp_opt(seconds, 0).unwrap();
        let text = local.naive_local().format("%F %T").to_string();
        match instant(&text, &now().with_timezone(&NEW_YORK)) {
            Ok(millis) => prop_assert_eq!(millis, seconds * 1000),
            Err(failure) => prop_assert!(failure.message.contains("exists twice"), "{}", failure),
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", near in "[0-9TZ:.@+a-z -]*", day in "(today|2026-03-29|mon) [0-9:.+-]*") {
        for text in [&text, &near, &day] {
            prop_assert!(instant(text, &now()).is_ok_and(|_| true) || instant(text, &now()).is_err());
        }
    }
}
