package io.github.clickhousebackupagent.run;

import io.github.clickhousebackupagent.chain.BackupKind;
import java.time.Instant;

/**
 * The wish for a backup.
 *
 * @param target name of the target
 * @param kind what is wanted
 * @param schedule name of the schedule that fired; null: somebody asked by hand
 * @param requestedAt when it was asked for
 */
public record RunRequest(String target, BackupKind kind, String schedule, Instant requestedAt) {}
