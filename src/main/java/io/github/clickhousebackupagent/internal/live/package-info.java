/**
 * What happens, for those who listen while it happens.
 *
 * <p>In: news of runs and of edits, and journals that others write, too. Out: events as text, to a
 * bounded number of readers who keep up.
 */
package io.github.clickhousebackupagent.internal.live;
