/**
 * How commands reach the agent that runs: what they order must outlive the terminal that they were
 * typed into.
 *
 * <p>In: {@code agent.json} of a state folder, and calls that show its token. Out: requests for
 * runs.
 */
package io.github.clickhousebackupagent.internal.control;
