/**
 * Thousands of runs in one process, which must not grow by them.
 *
 * <p>Run with the profile {@code chaos}; the servers are in a process of their own, as what they
 * remember does grow.
 */
package io.github.clickhousebackupagent.soak;
