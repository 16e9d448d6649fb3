// franz-go: main BOOTSTRAP before|after, around a restart of the broker.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	topic = "franz-go-orders"
	group = "franz-go-workers"
	count = 300
)

type order struct {
	Order int `json:"order"`
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	bootstrap, phase := os.Args[1], os.Args[2]
	client := connect(bootstrap, kgo.AllowAutoTopicCreation())
	defer client.Close()
	switch admin := kadm.NewClient(client); phase {
	case "before":
		before(ctx, bootstrap, client, admin)
	case "after":
		after(ctx, bootstrap, admin)
	default:
		fail("no phase %q", phase)
	}
}

func before(ctx context.Context, bootstrap string, client *kgo.Client, admin *kadm.Client) {
	retention := "3600000"
	_, err := admin.CreateTopic(ctx, 2, 1, map[string]*string{"retention.ms": &retention}, topic)
	must(err)
	grown, err := admin.UpdatePartitions(ctx, 3, topic)
	must(err)
	must(grown.Error())
	eventually("partitions", func() bool {
		topics, err := admin.ListTopics(ctx, topic)
		must(err)
		return len(topics[topic].Partitions) == 3
	})
	bytes := "200000"
	altered, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "max.message.bytes", Value: &bytes}}, topic)
	must(err)
	must(altered[0].Err)
	eventually("configs", func() bool {
		configs, err := admin.DescribeTopicConfigs(ctx, topic)
		must(err)
		values := map[string]string{}
		for _, config := range configs[0].Configs {
			values[config.Key] = config.MaybeValue()
		}
		return values["retention.ms"] == retention && values["max.message.bytes"] == bytes
	})

	records := make([]*kgo.Record, count)
	for i := range records {
		value, err := json.Marshal(order{i})
		must(err)
		key := fmt.Appendf(nil, "customer-%d", i%7)
		headers := []kgo.RecordHeader{{Key: "n", Value: []byte("1")}}
		records[i] = &kgo.Record{Topic: topic, Key: key, Value: value, Headers: headers}
	}
	must(client.ProduceSync(ctx, records...).FirstErr())
	places := map[[2]int64]bool{}
	for _, record := range records {
		places[[2]int64{int64(record.Partition), record.Offset}] = true
	}
	check("places acknowledged", len(places), count)

	consumer := join(bootstrap)
	defer consumer.Close()
	first := poll(ctx, consumer, count/2)
	check("header", string(first[0].Headers[0].Value), "1")
	must(consumer.CommitRecords(ctx, first...))
}

func after(ctx context.Context, bootstrap string, admin *kadm.Client) {
	committed, err := admin.FetchOffsets(ctx, group)
	must(err)
	at, sum := map[int32]int64{}, int64(0)
	committed.Each(func(offset kadm.OffsetResponse) {
		at[offset.Partition] = offset.At
		sum += offset.At
	})
	check("committed", sum, count/2)
	consumer := join(bootstrap)
	rest := poll(ctx, consumer, count-count/2)
	resumed := map[int32]bool{}
	for _, record := range rest {
		if !resumed[record.Partition] {
			resumed[record.Partition] = true
			check(fmt.Sprintf("resumed offset of partition %d", record.Partition), record.Offset, at[record.Partition])
		}
	}
	must(consumer.CommitRecords(ctx, rest...))
	lags, err := admin.Lag(ctx, group)
	must(err)
	must(lags.Error())
	check("group state", lags[group].State, "Stable")
	check("lag", lags[group].Lag.Total(), int64(0))
	must(consumer.LeaveGroupContext(ctx))
	consumer.Close()
	groups, err := admin.ListGroups(ctx)
	must(err)
	check("group is listed", groups[group].Group, group)
	deleted, err := admin.DeleteGroups(ctx, group)
	must(err)
	must(deleted.Error())
	gone, err := admin.DeleteTopics(ctx, topic)
	must(err)
	must(gone.Error())
	topics, err := admin.ListTopics(ctx)
	must(err)
	check("topic is gone", topics.Has(topic), false)
}

func connect(bootstrap string, options ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append(options, kgo.SeedBrokers(bootstrap))...)
	must(err)
	return client
}

func join(bootstrap string) *kgo.Client {
	return connect(bootstrap, kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
}

// poll reads wanted records and checks that those of a partition come in order.
func poll(ctx context.Context, consumer *kgo.Client, wanted int) []*kgo.Record {
	var records []*kgo.Record
	last := map[int32]int{}
	for len(records) < wanted {
		fetches := consumer.PollRecords(ctx, wanted-len(records))
		must(fetches.Err0())
		fetches.EachError(func(_ string, _ int32, err error) { must(err) })
		fetches.EachRecord(func(record *kgo.Record) {
			var value order
			must(json.Unmarshal(record.Value, &value))
			if before, seen := last[record.Partition]; seen && before >= value.Order {
				fail("order %d came after %d", value.Order, before)
			}
			last[record.Partition] = value.Order
			records = append(records, record)
		})
	}
	check("records polled", len(records), wanted)
	return records
}

func check[T comparable](what string, actual, expected T) {
	if actual != expected {
		fail("%s: %v, expected %v", what, actual, expected)
	}
	fmt.Println("ok", what)
}

// eventually waits for a fact: brokers hear of changes a moment after the client that made them.
func eventually(what string, holds func() bool) {
	for range 500 {
		if holds() {
			fmt.Println("ok", what)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	fail("%s did not come true", what)
}

func must(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "WRONG "+format+"\n", values...)
	os.Exit(1)
}
