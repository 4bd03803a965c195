/**
 * What a deletion would do before anything is deleted, and what keeps it from being done.
 *
 * <p>In: the lists of both places, the marker, what unfinished runs are at work on. Out: a {@link
 * io.github.clickhousebackupagent.internal.deletion.DeletionPlan}. Nothing here deletes anything.
 */
package io.github.clickhousebackupagent.internal.deletion;
