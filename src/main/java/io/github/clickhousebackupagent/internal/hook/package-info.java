/**
 * What is told at the points of a run where routes of a user hook in.
 *
 * <p>In: a point, and the run or its result. Out: the event and the headers that a hook gets, and
 * what its failure means.
 */
package io.github.clickhousebackupagent.internal.hook;
