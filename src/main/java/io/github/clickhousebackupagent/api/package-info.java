/**
 * What the clickhouse-backup API says, and what it means.
 *
 * <p>In: the status and body of an answer, as versions 2.4 to 2.8 give them. Out: rows of
 * operations and backups; or an {@link io.github.clickhousebackupagent.api.ApiException} that says
 * what kind of refusal it is. Nothing here sends anything.
 */
package io.github.clickhousebackupagent.api;
