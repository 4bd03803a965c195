/**
 * The agent as a part of somebody else's Camel application: {@link
 * io.github.clickhousebackupagent.BackupAgent}.
 *
 * <p>In: a configuration, a Camel context, a wish for a backup. Out: the outcome of a run.
 */
package io.github.clickhousebackupagent;
