/**
 * What a restore would destroy before anything is restored, and what keeps it from being done.
 *
 * <p>In: tables of the backup, as far as the server tells, and tables that are there. Out: a {@link
 * io.github.clickhousebackupagent.internal.restore.RestorePlan}. Nothing here restores anything.
 */
package io.github.clickhousebackupagent.internal.restore;
