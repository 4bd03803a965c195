/**
 * Whether backups happen.
 *
 * <p>In: journals, markers, locks and the configuration; no server is asked. Out: what is at work
 * at each target, how old its last proven backup is, and whether that is as its schedules promise.
 */
package io.github.clickhousebackupagent.internal.status;
