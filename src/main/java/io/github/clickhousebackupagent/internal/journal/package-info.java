/**
 * What happened to a target, written before it happens.
 *
 * <p>In: events of runs. Out: {@code runs.jsonl}, one JSON object a line, forced to disk before the
 * call that it announces; and what it says when it is read again.
 */
package io.github.clickhousebackupagent.internal.journal;
