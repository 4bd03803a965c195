/**
 * Plays the REST API of clickhouse-backup for the demo and the tests, on loopback and in memory,
 * without ClickHouse and storage; of ClickHouse it plays the two questions which tables there are
 * and how many rows they have. In come the version, times and faults that {@link
 * io.github.clickhousebackupagent.sandbox.SimulatedServer} is told, and HTTP calls. Out go the
 * answers that real servers gave (see the contract test), callbacks, and a record of what was
 * called and done.
 */
package io.github.clickhousebackupagent.sandbox;
