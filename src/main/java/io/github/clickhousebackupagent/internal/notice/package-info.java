/**
 * What is worth a message to people, and what became of the message.
 *
 * <p>In: how runs ended, as the journals have it, and warnings. Out: notices, one for a trouble
 * that begins, lasts or is over; the text of messages; counts of what was sent and what was not.
 * How a message gets to its receiver is in the routes.
 */
package io.github.clickhousebackupagent.internal.notice;
