#!/usr/bin/env bash
# kcat: kcat.sh BOOTSTRAP before|after, around a restart of the broker. The topic is created by use.
set -euo pipefail
bootstrap=$1 phase=$2
topic=kcat-orders group=kcat-workers count=300
k() { timeout 60 kcat -b "$bootstrap" "$@"; }

check() { # WHAT ACTUAL EXPECTED
  if [ "$2" != "$3" ]; then
    echo "WRONG $1: '$2', expected '$3'" >&2
    exit 1
  fi
  echo "ok $1"
}

before() {
  seq "$count" | sed 's/.*/customer-&:{"order": &}/' | k -P -t $topic -K : -H n=1 -z lz4 -X enable.idempotence=true
  check 'topic is listed' "$(k -L -J -t $topic | grep -c "\"$topic\"")" 1
  check 'records consumed' "$(k -C -t $topic -o beginning -e -q | sort -V | sha1sum)" \
    "$(seq "$count" | sed 's/.*/{"order": &}/' | sha1sum)"
  check 'a record with all its parts' \
    "$(k -C -t $topic -p 0 -o 4 -c 1 -q -f '%t %p %o %k %h %s\n')" "$topic 0 4 customer-5 n=1 {\"order\": 5}"
  check 'last two' "$(k -C -t $topic -p 0 -o -2 -e -q | wc -l)" 2
  check 'offset at the beginning' "$(k -Q -t $topic:0:-2)" "$topic [0] offset 0"
  check 'offset at the end' "$(k -Q -t $topic:0:-1)" "$topic [0] offset $count"
  check 'offset of the first time' "$(k -Q -t $topic:0:1)" "$topic [0] offset 0"
  check 'records before a time' "$(k -C -t $topic -o s@1 -o e@2 -e -q | wc -l)" 0
  printf 'gone:' | k -P -t kcat-table -Z -K :
  check 'a null value' "$(k -C -t kcat-table -o beginning -e -q -f '%k %S')" 'gone -1'
  check 'consumed by group' "$(k -G $group -X auto.offset.reset=earliest -c $((count / 2)) -q $topic | wc -l)" $((count / 2))
}

after() {
  check 'resumed by group' \
    "$(k -G $group -X auto.offset.reset=earliest -e -q $topic | sort -V | sha1sum)" \
    "$(seq $((count / 2 + 1)) "$count" | sed 's/.*/{"order": &}/' | sha1sum)"
  check 'records there' "$(k -C -t $topic -o beginning -e -q | wc -l)" "$count"
}

"$phase"
