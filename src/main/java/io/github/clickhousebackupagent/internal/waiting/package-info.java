/**
 * How long to wait before the next question to a server.
 *
 * <p>In: how long an operation has been going on, and the callbacks that arrive. Out: a pause that
 * ends by itself, by a callback, or by the agent's stop.
 */
package io.github.clickhousebackupagent.internal.waiting;
