/**
 * Which backups there are, and what each is worth.
 *
 * <p>In: the lists of local and remote backups, the marker, what the journal says. Out: each backup
 * by its name, with the places where it is, the chain that a restore needs, what is based on it,
 * and whether it can be restored.
 */
package io.github.clickhousebackupagent.internal.inventory;
