/**
 * What is asked for by hand beside backups: restores, deletions, adoptions.
 *
 * <p>In: what a command or a call says. Out: what stands in the journal and is carried out, the
 * same after a restart of the agent.
 */
package io.github.clickhousebackupagent.internal.order;
