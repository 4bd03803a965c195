/**
 * Which backups lean on which.
 *
 * <p>In: the lists of local and remote backups, the marker, the policy. Out: what the next backup
 * is to be based on, and whether a backup is proven.
 */
package io.github.clickhousebackupagent.internal.chain;
