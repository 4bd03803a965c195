/**
 * How commands reach the agent that runs, and what it tells of itself: what is ordered must outlive
 * the terminal that it was typed into.
 *
 * <p>In: {@code agent.json} and {@code edits.json} of a state folder. Out: address, token, and
 * which routes and configuration are in force.
 */
package io.github.clickhousebackupagent.internal.control;
