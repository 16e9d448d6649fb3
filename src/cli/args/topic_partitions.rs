//! `TOPIC` and `TOPIC:0,1` as the group tools take them.

use crate::cli::failure::Usage;

/// A topic with all of its partitions or some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPartitions {
    /// The topic's name.
    pub topic: String,
    /// The partitions named; none named means all.
    pub partitions: Option<Vec<i32>>,
}

/// Reads a `--topic` value of the group tools.
///
/// # Errors
/// [`Usage`] in the original's words, with the odd quotes of its second form.
pub fn parse(text: &str) -> Result<TopicPartitions, Usage> {
    let Some((topic, numbers)) = text.split_once(':') else {
        return Ok(TopicPartitions {
            topic: text.to_owned(),
            partitions: None,
        });
    };
    if numbers.is_empty() || numbers.contains(':') {
        return Err(Usage::new(format!(
            "Invalid topic arg '{text}', expected topic name and partitions"
        ))
        .told(format!("'{text}' is not TOPIC or TOPIC:0,1,2")));
    }
    let number = |number: &str| {
        let wrong = || {
            Usage::new(format!(
                "Invalid partition '{number}' specified in topic arg '{text}''"
            ))
            .told(format!(
                "'{number}' in '{text}' is not the number of a partition"
            ))
        };
        number.parse().map_err(|_not_a_number| wrong())
    };
    let partitions = numbers.trim_end_matches(',').split(',').map(number);
    Ok(TopicPartitions {
        topic: topic.to_owned(),
        partitions: Some(partitions.collect::<Result<_, _>>()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_stands_for_all_of_its_partitions() {
        let all = TopicPartitions {
            topic: "t".into(),
            partitions: None,
        };
        assert_eq!(parse("t").unwrap(), all);
        let some = TopicPartitions {
            topic: "t".into(),
            partitions: Some(vec![0, 12]),
        };
        assert_eq!(parse("t:0,12").unwrap(), some);
    }

    #[test]
    fn malformed_arguments_are_refused_in_the_originals_words() {
        let said = |text| parse(text).unwrap_err().to_string();
        assert_eq!(
            said("t:0:1"),
            "Invalid topic arg 't:0:1', expected topic name and partitions"
        );
        assert_eq!(
            said("t:"),
            "Invalid topic arg 't:', expected topic name and partitions"
        );
        assert_eq!(
            said("t:,0"),
            "Invalid partition '' specified in topic arg 't:,0''"
        );
        assert_eq!(
            said("t:x"),
            "Invalid partition 'x' specified in topic arg 't:x''"
        );
    }
}
