-- Something to back up. Runs once, when ClickHouse starts with an empty volume.
CREATE DATABASE IF NOT EXISTS shop;

CREATE TABLE IF NOT EXISTS shop.orders
(
    day Date,
    id UInt64,
    customer String,
    amount UInt32
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (day, id);

INSERT INTO shop.orders
SELECT toDate('2026-01-01') + number % 90, number, concat('customer-', toString(number % 100)), number % 997
FROM system.numbers
LIMIT 10000;
