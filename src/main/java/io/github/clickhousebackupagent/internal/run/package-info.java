/**
 * One backup of one target, from its request to its outcome.
 *
 * <p>In: a request, and what the API answered to each call. Out: the run as it then stands, the
 * journal, and events for listeners. The order of the steps and the calls themselves are in the
 * routes.
 */
package io.github.clickhousebackupagent.internal.run;
