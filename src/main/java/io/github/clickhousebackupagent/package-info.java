/** Schedules, waits for, proves and reports the backups that clickhouse-backup makes. */
package io.github.clickhousebackupagent;
