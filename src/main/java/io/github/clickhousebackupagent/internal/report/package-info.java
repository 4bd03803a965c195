/**
 * What people read of runs while they happen.
 *
 * <p>In: events of runs. Out: the log of each target, and lines on the console. Where they go and
 * how they look is in {@code log4j2.xml}.
 */
package io.github.clickhousebackupagent.internal.report;
