#!/bin/bash
# Something to back up, on each replica. Runs once, when ClickHouse starts with an empty volume.
set -e

clickhouse-client --host 127.0.0.1 --multiquery <<'SQL'
CREATE DATABASE IF NOT EXISTS shop;

CREATE TABLE IF NOT EXISTS shop.orders
(
    day Date,
    id UInt64,
    customer String,
    amount UInt32
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/shop/orders', '{replica}')
PARTITION BY toYYYYMM(day)
ORDER BY (day, id);

CREATE TABLE IF NOT EXISTS shop.all_orders AS shop.orders
ENGINE = Distributed(sample, shop, orders, id);
SQL

# The other replica of the shard gets the rows from this one.
if [ "$REPLICA" = 01 ]; then
  clickhouse-client --host 127.0.0.1 --query "
    INSERT INTO shop.orders
    SELECT toDate('2026-01-01') + number % 90, number * 2 + $((10#$SHARD % 2)),
           concat('customer-', toString(number % 100)), number % 997
    FROM system.numbers
    LIMIT 10000"
fi
