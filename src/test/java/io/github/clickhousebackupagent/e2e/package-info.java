/**
 * Tests against a real clickhouse-backup with a real ClickHouse and a real FTP server behind it.
 *
 * <p>In comes the path of a clickhouse-backup binary, out goes whether what the agent leans on
 * still holds. Tagged {@code e2e}; run by {@code mvn verify -Pe2e}.
 */
package io.github.clickhousebackupagent.e2e;
